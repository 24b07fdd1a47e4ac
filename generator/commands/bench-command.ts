import type { BenchReport } from "../bench/bench.js";
import { mistake } from "../errors.js";
import { jsonLine, printable } from "../printable.js";
import { addJson, type Command, commandOf, flagOf, textOf } from "./command.js";
import { ExitCode, UsageError } from "./host.js";
import { createPaint, type Paint } from "./print.js";
import { createProgress } from "./progress.js";

const mostConcurrent = 10_000;

/** `crucible-gen bench`. */
export const benchCommand: Command = {
  usage: "bench <method> [request]",
  summary: "load a method of a plugin: calls a second and percentiles",
  takesCommand: true,
  describe: (parser) =>
    addJson(
      parser
        .usage(
          "$0 bench <method> [request] -- <command..>\n\nLaunches a plugin and calls one of its methods again and again, so many calls at a time.",
        )
        .positional("method", {
          type: "string",
          demandOption: true,
          describe: "package.Service/Method; what is clear may be left out",
        })
        .positional("request", {
          type: "string",
          describe: "JSON, @file, or - for stdin: one value, or for a stream one after the other; without it {}",
        })
        .option("concurrency", {
          alias: "c",
          type: "string",
          requiresArg: true,
          default: "16",
          describe: "calls that are open at the same time",
        })
        .option("duration", {
          type: "string",
          requiresArg: true,
          default: "5s",
          describe: "how long, as in 500ms, 5s, 2m",
        })
        .option("warm-up", { type: "string", requiresArg: true, default: "1s", describe: "before it, not counted" })
        .option("timeout", { type: "string", requiresArg: true, describe: "deadline of each call" })
        .option("output", { type: "boolean", default: false, describe: "show on stderr what the plugin prints" })
        .option("config", {
          type: "string",
          requiresArg: true,
          describe: "where the schemas are; else buf.gen.yaml, or proto/",
        }),
    )
      .example([
        ['$0 bench Query \'{"text":"x"}\' -- node dist/src/search.js', "5 s, 16 calls at a time"],
        ["$0 bench Query @request.json -c 1 --duration 30s --json -- ./plugin", "one after the other, for a script"],
      ])
      .epilogue(
        "Requests are encoded once, responses stay bytes: plugin and runtime are measured. Daemon and plugin share this machine; compare figures of one machine, taken in turn.\n\n" +
          "Exit codes: 0 measured, 1 a call failed or something of yours has to be put right, 2 unknown option, 101 to 116 the plugin was lost, 130 interrupted.",
      ),
  async run(args, host) {
    const { bench } = await import("../bench/bench.js");
    const { parseDuration } = await import("../call/arguments.js");
    const command = commandOf(args);
    if (command === undefined) {
      throw new UsageError("bench needs the plugin's program behind --, as in bench Query -- node dist/plugin.js");
    }
    const concurrency = Number(textOf(args, "concurrency"));
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > mostConcurrent) {
      throw mistake(`--concurrency cannot be ${JSON.stringify(args["concurrency"])}: write 1 to ${mostConcurrent}`);
    }
    const timeout = textOf(args, "timeout");
    const showsOutput = flagOf(args, "output");
    using progress = createProgress(host);
    const report = await bench({
      cwd: host.cwd,
      env: host.env,
      config: textOf(args, "config"),
      signal: host.signal,
      command,
      method: String(args["method"]),
      data: textOf(args, "request"),
      concurrency,
      durationMs: parseDuration(textOf(args, "duration") ?? "", "--duration"),
      warmUpMs: parseDuration(textOf(args, "warm-up") ?? "", "--warm-up"),
      timeoutMs: timeout === undefined ? undefined : parseDuration(timeout, "--timeout"),
      print: (line) => void (showsOutput && host.stderr.write(`${line}\n`)),
      host,
      progress,
    });
    progress[Symbol.dispose]();
    const well = Object.keys(report.failed).length === 0;
    const exitCode = well ? ExitCode.Ok : ExitCode.Mistake;
    host.stdout.write(
      flagOf(args, "json")
        ? `${jsonLine({ ok: well, exitCode, ...report })}\n`
        : print(report, createPaint(host.stdout.isTTY === true, host.env)),
    );
    return exitCode;
  },
};

function print(report: BenchReport, paint: Paint): string {
  const count = (value: number): string => value.toLocaleString("en-US");
  const { latencyMs: ms, failed, pluginBytes } = report;
  const lines = [
    `${report.method}, ${report.concurrency} at a time for ${report.seconds.toFixed(1)} s`,
    `calls    ${paint.good(`${count(report.callsPerSecond)} calls/s`)} (${count(report.calls)} calls)`,
    ...(report.responses === report.calls ? [] : [`stream   ${count(report.responses)} responses`]),
    // What no call has taken cannot be told.
    ...(report.calls === 0
      ? []
      : [
          `bytes    ${count(report.requestBytes)} out, ${count(report.responseBytes)} back`,
          `latency  p50 ${ms.p50} ms, p90 ${ms.p90} ms, p99 ${ms.p99} ms, p99.9 ${ms.p999} ms, max ${ms.max} ms`,
        ]),
    ...(pluginBytes === undefined ? [] : [`memory   ${Math.round(pluginBytes / 1_048_576)} MiB in the plugin`]),
    ...Object.entries(failed).map(([reason, times]) =>
      paint.bad(`failed   ${count(times)} calls: ${printable(`${reason}: ${report.messages[reason] ?? ""}`)}`),
    ),
  ];
  return `${lines.join("\n")}\n`;
}
