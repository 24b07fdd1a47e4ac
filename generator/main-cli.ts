// Starts the command. Ctrl-C ends what runs and lets the temporary folder be removed.
import { runCli } from "./cli.js";

const interrupt = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => interrupt.abort(new Error(name)));
}
process.exitCode = await runCli(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
});
