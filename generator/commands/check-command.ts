import type { CheckReport } from "../check/check.js";
import { formatMistake } from "../errors.js";
import { addJson, type Command, flagOf, textOf, textsOf } from "./command.js";
import { againstText } from "./diff-command.js";
import { ExitCode } from "./host.js";
import { createPaint, type Paint, printNote } from "./print.js";
import { createProgress } from "./progress.js";

/** `crucible-gen check`. */
export const checkCommand: Command = {
  usage: "check",
  summary: "what CI runs: generated code fresh, services complete, nothing broken",
  describe: (parser) =>
    addJson(
      parser
        .usage(
          "$0 check\n\nGenerates aside and compares: generated files that are missing, stale, half-written or left over; methods that src/ lacks; with --against, changes of the schemas that break. Nothing is written.",
        )
        .option("against", { type: "string", requiresArg: true, describe: againstText })
        .option("allow", {
          choices: ["major", "minor", "patch"] as const,
          default: "minor" as const,
          requiresArg: true,
          describe: "the version number that changes since --against may ask for",
        })
        .option("rename", {
          type: "string",
          requiresArg: true,
          describe: "old=new, where a rename since --against is not clear; may be repeated",
        })
        .option("config", { type: "string", requiresArg: true, describe: "what to generate; without it buf.gen.yaml" })
        .option("out", {
          type: "string",
          requiresArg: true,
          describe: "folder of generated code, instead of `out` in buf.gen.yaml",
        })
        .option("skeleton", {
          type: "boolean",
          default: true,
          describe: "look at src/ too (--no-skeleton: do not)",
        }),
    )
      .example([
        ["$0 check", "after npm ci, before the tests"],
        ["$0 check --against origin/main", "and nothing may break since main"],
        ["$0 check --against v1.2.0 --allow major", "a break is meant; everything else is checked"],
        ["$0 check --json", "for scripts"],
      ])
      .epilogue(
        "One line for each finding, with what to do about it.\n\n" +
          "Exit codes: 0 nothing found, 1 something found, or the schemas are invalid, 2 unknown option, " +
          "70 a fault of crucible-gen, 130 interrupted.",
      ),
  async run(args, host) {
    const { check } = await import("../check/check.js");
    const against = textOf(args, "against");
    using progress = createProgress(host);
    const report = await check({
      cwd: host.cwd,
      env: host.env,
      config: textOf(args, "config"),
      out: textOf(args, "out"),
      skeleton: flagOf(args, "skeleton"),
      signal: host.signal,
      against,
      renames: textsOf(args, "rename"),
      allow: (textOf(args, "allow") ?? "minor") as "major" | "minor" | "patch",
      progress,
    });
    progress[Symbol.dispose]();
    const well = report.findings.length === 0;
    const exitCode = well ? ExitCode.Ok : ExitCode.Mistake;
    const paint = createPaint(host.stdout.isTTY === true, host.env);
    host.stdout.write(
      flagOf(args, "json")
        ? `${JSON.stringify({ ok: well, exitCode, ...report })}\n`
        : printCheck(report, against, paint),
    );
    return exitCode;
  },
};

function printCheck({ findings, fresh, bump, notes }: CheckReport, against: string | undefined, paint: Paint): string {
  const lines = findings.map(({ message, ...location }) => formatMistake({ location, message }));
  lines.push(...notes.map(printNote));
  const since =
    against === undefined || bump === undefined
      ? ""
      : `; since ${against}: asks for ${bump === "none" ? "no new" : `a ${bump}`} version`;
  const found = `${findings.length} ${findings.length === 1 ? "finding" : "findings"}`;
  lines.push(
    `${findings.length === 0 ? paint.good("nothing found") : paint.bad(found)}: ${fresh} generated files are fresh${since}`,
  );
  return `${lines.join("\n")}\n`;
}
