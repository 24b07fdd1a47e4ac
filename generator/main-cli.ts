// Starts the command. Ctrl-C ends what runs and lets the temporary folder be removed.
import { runCli } from "./cli.js";

const interrupt = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => interrupt.abort(new Error(name)));
}
// Whoever reads the output may have read enough, as `head` has.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  interrupt.abort(error);
});
process.exitCode = await runCli(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  // Opened when it is first asked for: a command that reads nothing keeps no handle that others wait for.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
});
