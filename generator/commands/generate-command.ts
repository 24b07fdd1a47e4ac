import { addJson, type Command, flagOf, textOf } from "./command.js";
import { ExitCode } from "./host.js";
import type { WatchEvent } from "../watch/watch.js";
import { formatMistake, mistake } from "../errors.js";
import { createPaint, type Paint, printReport } from "./print.js";
import { createProgress } from "./progress.js";

/** `crucible-gen generate`. */
export const generateCommand: Command = {
  usage: "generate",
  summary: "write what the .proto files ask for",
  describe: (parser) =>
    addJson(
      parser
        .usage(
          "$0 generate\n\nTurns .proto files into codecs, validators, a stub for the daemon, a base for the plugin.",
        )
        .option("config", {
          type: "string",
          requiresArg: true,
          describe: "what to generate; without it buf.gen.yaml, which is written when it is not there",
        })
        .option("out", {
          type: "string",
          requiresArg: true,
          describe: "folder for generated code, instead of `out` in buf.gen.yaml",
        })
        .option("skeleton", {
          type: "boolean",
          default: true,
          describe:
            "write src/<service>.ts for each service that a plugin hosts, and add to it what is new (--no-skeleton: do not)",
        })
        .option("dry-run", { type: "boolean", default: false, describe: "show what would change; change nothing" })
        .option("watch", {
          type: "boolean",
          default: false,
          describe: "go on, and generate anew what a changed .proto affects, until Ctrl-C",
        }),
    )
      .example([
        ["$0 generate", "proto/**/*.proto into gen/, src/<service>.ts to fill in"],
        ["$0 generate --no-skeleton", "for a daemon: only gen/"],
        ["$0 generate --dry-run", "the same, only shown, with a diff of src/"],
        ["$0 generate --watch", "beside an editor; with --json, a line for each run"],
        ["$0 generate --json", "what has changed, for scripts"],
      ])
      .epilogue(
        "Schemas may import crucible/options/v1/options.proto and buf/validate/validate.proto: both come with crucible-gen. " +
          "Files whose content stays the same are not touched; generated files whose .proto is gone are deleted; " +
          "in src/<service>.ts methods are added and types exchanged, everything else stays byte by byte. A folder for generated code belongs to one buf.gen.yaml.\n\n" +
          "Exit codes: 0 done, 1 something of yours has to be put right, 2 unknown command or option, " +
          "70 a fault of crucible-gen, 130 interrupted.",
      ),
  async run(args, host) {
    const options = {
      cwd: host.cwd,
      env: host.env,
      config: textOf(args, "config"),
      out: textOf(args, "out"),
      skeleton: flagOf(args, "skeleton"),
      dryRun: flagOf(args, "dry-run"),
      signal: host.signal,
    };
    const paint = createPaint(host.stdout.isTTY === true, host.env);
    if (flagOf(args, "watch")) {
      if (options.dryRun) throw mistake("--watch writes what --dry-run only shows: give one of them");
      const { watchSchemas } = await import("../watch/watch.js");
      const print = flagOf(args, "json") ? printJson : printEvent;
      await watchSchemas({ ...options, onEvent: (event) => void host.stdout.write(print(event, paint)) });
      return ExitCode.Ok;
    }
    const { generate } = await import("./generate.js");
    using progress = createProgress(host);
    const report = await generate({ ...options, progress });
    progress[Symbol.dispose]();
    const text = flagOf(args, "json") ? `${JSON.stringify({ ok: true, ...report })}\n` : printReport(report, paint);
    host.stdout.write(text);
    return ExitCode.Ok;
  },
};

function printEvent(event: WatchEvent, paint: Paint): string {
  if (event.event === "failed")
    return event.mistakes.map((one) => `${paint.bad("failed")} ${formatMistake(one)}\n`).join("");
  const { report, ms, compileMs } = event;
  const of = compileMs === undefined ? "" : `, ${Math.round(compileMs)} of them for buf`;
  return printReport(report, paint, paint.quiet(` in ${Math.round(ms)} ms${of}`));
}

/** One line. */
function printJson(event: WatchEvent): string {
  if (event.event === "failed") {
    return `${JSON.stringify({ event: "failed", errors: event.mistakes.map(formatMistake) })}\n`;
  }
  const { report, ms, compileMs } = event;
  const times = { ms: Math.round(ms), compileMs: compileMs === undefined ? null : Math.round(compileMs) };
  return `${JSON.stringify({ event: "generated", ...times, ...report })}\n`;
}
