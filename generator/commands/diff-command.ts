import { addJson, type Arguments, type Command, flagOf, textOf, textsOf } from "./command.js";
import { ExitCode, UsageError } from "./host.js";
import { createPaint } from "./print.js";
import { createProgress } from "./progress.js";

/** What `--against` takes, for the help of every command that has it. */
export const againstText: string =
  "the version before: a branch, tag or commit of git, a folder (a project or its .proto files), or an image of buf or protoc";

/** The version to compare with. */
export function againstOf(args: Arguments, command: string): string {
  const against = textOf(args, "against");
  if (against === undefined) {
    throw new UsageError(`${command} needs --against with the version before, such as --against v1.0.0`);
  }
  return against;
}

/** `crucible-gen diff`. */
export const diffCommand: Command = {
  usage: "diff",
  summary: "what has changed between two versions of the schemas, and for whom",
  describe: (parser) =>
    addJson(
      parser
        .usage(
          "$0 diff --against <version>\n\nCompares the schemas with an older version: what breaks, who has to be updated first, which version number that asks for.",
        )
        .option("against", { type: "string", requiresArg: true, describe: againstText })
        .option("rename", {
          type: "string",
          requiresArg: true,
          describe: "old=new, where a rename is not clear; may be repeated",
        })
        .option("config", {
          type: "string",
          requiresArg: true,
          describe: "where the schemas are; else buf.gen.yaml, or proto/",
        }),
    )
      .example([
        ["$0 diff --against main", "what this branch changes"],
        ["$0 diff --against v1.2.0 --json", "for scripts"],
        ["$0 diff --against ../released/proto", "a folder instead of git"],
        ["$0 diff --against HEAD --rename acme.v1.Note=acme.v1.Memo", "a rename that is not clear"],
      ])
      .epilogue(
        "One line for each change: file:line:column, the version number it asks for, what was and is, which mix of old and new " +
          "breaks, who has to be updated first. The rules are buf's (a `breaking` section of buf.yaml is honoured) and those of " +
          "Crucible: wire ids, capabilities, idempotency, deadlines, caches, sensitive methods, hosts, streams, validation.\n\n" +
          "Exit codes: 0 compared, whatever was found (`check --against` fails on what breaks), 1 something of yours has to be put right, " +
          "2 unknown option, 70 a fault of crucible-gen, 130 interrupted.",
      ),
  async run(args, host) {
    const against = againstOf(args, "diff");
    const { compare } = await import("../compare/compare.js");
    const { printChanges } = await import("../compare/print.js");
    using progress = createProgress(host);
    const report = await compare({
      cwd: host.cwd,
      env: host.env,
      config: textOf(args, "config"),
      signal: host.signal,
      against,
      renames: textsOf(args, "rename"),
      progress,
    });
    progress[Symbol.dispose]();
    const paint = createPaint(host.stdout.isTTY === true, host.env);
    host.stdout.write(
      flagOf(args, "json")
        ? `${JSON.stringify({ ok: true, against, ...report })}\n`
        : printChanges(report, against, paint),
    );
    return ExitCode.Ok;
  },
};
