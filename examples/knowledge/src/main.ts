// The daemon: `node dist/src/main.js --help` says what it can be told.
import { CrucibleError } from "crucible-runtime";
import { help, parseOptions } from "./options.js";
import { Problem } from "./problem.js";
import { formatReport } from "./report/report.js";
import { createPaint, printable } from "./report/terminal.js";
import { run } from "./run.js";

const defaultColumns = 80;
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupted.abort());

// Who reads the report may stop reading, as head does.
process.stdout.on("error", () => {});

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { stdout, stderr, env } = process;
  try {
    const options = parseOptions(args);
    if (options.help) {
      stdout.write(help);
      return 0;
    }
    const findings = await run(options, stderr, interrupted.signal);
    const report = options.json
      ? `${JSON.stringify(findings)}\n`
      : formatReport(findings, createPaint(stdout, env), stdout.columns ?? defaultColumns);
    stdout.write(report);
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    // Anything else is a fault of this program: Node shows it with its stack.
    if (!(error instanceof Problem || error instanceof CrucibleError)) throw error;
    const message = printable(error.message);
    if (args.includes("--json")) stdout.write(`${JSON.stringify({ ok: false, error: message })}\n`);
    stderr.write(`knowledge: ${message}\n`);
    return 1;
  }
}
