import type { MigrateReport } from "../migrate/migrate.js";
import { addJson, type Command, flagOf, textOf, textsOf } from "./command.js";
import { againstOf, againstText } from "./diff-command.js";
import { ExitCode } from "./host.js";
import { createPaint, type Paint } from "./print.js";
import { createProgress } from "./progress.js";

/** `crucible-gen migrate`. */
export const migrateCommand: Command = {
  usage: "migrate",
  summary: "rewrite your TypeScript for what the schemas call something else now",
  describe: (parser) =>
    addJson(
      parser
        .usage(
          "$0 migrate --against <version>\n\nYour TypeScript follows the schemas: renamed messages, fields, enums, values, services and methods, moved packages and files, changed types, calls of deprecated methods.",
        )
        .option("against", {
          type: "string",
          requiresArg: true,
          describe: `${againstText}, which your code was written for`,
        })
        .option("rename", {
          type: "string",
          requiresArg: true,
          describe: "old=new, where a rename is not clear, as in acme.v1.Note=acme.v1.Memo; may be repeated",
        })
        .option("dry-run", {
          type: "boolean",
          default: false,
          describe: "show what would change, as a diff; change nothing",
        })
        .option("project", {
          type: "string",
          requiresArg: true,
          describe: "another tsconfig.json; it says which files are yours",
        })
        .option("config", { type: "string", requiresArg: true, describe: "what to generate; without it buf.gen.yaml" }),
    )
      .example([
        ["$0 migrate --against HEAD --dry-run", "what a change of the schemas means for src/"],
        ["$0 migrate --against v1.2.0", "from a released tag"],
        ["$0 migrate --against HEAD --rename acme.v1.Note.title=heading", "a rename that is not clear"],
      ])
      .epilogue(
        "A rename is seen by the number of a field or a value, by the package, by who uses a type and by its shape; --rename says the rest. " +
          "Only files of your program are touched, never generated ones, and of them only the names. What needs a person is listed with its line. " +
          "Run it before or after `generate`, then let the compiler look.\n\n" +
          "Exit codes: 0 done, also when something is left to do by hand, 1 something of yours has to be put right and nothing was changed, " +
          "2 unknown option, 70 a fault of crucible-gen, 130 interrupted.",
      ),
  async run(args, host) {
    const against = againstOf(args, "migrate");
    const { migrate } = await import("../migrate/migrate.js");
    using progress = createProgress(host);
    const report = await migrate({
      cwd: host.cwd,
      env: host.env,
      config: textOf(args, "config"),
      signal: host.signal,
      against,
      renames: textsOf(args, "rename"),
      project: textOf(args, "project"),
      dryRun: flagOf(args, "dry-run"),
      progress,
    });
    progress[Symbol.dispose]();
    const paint = createPaint(host.stdout.isTTY === true, host.env);
    host.stdout.write(
      flagOf(args, "json")
        ? `${JSON.stringify({ ok: true, against, ...report })}\n`
        : printMigration(report, against, paint),
    );
    return ExitCode.Ok;
  },
};

function printMigration(
  { renames, changed, byHand, diffs, dryRun }: MigrateReport,
  against: string,
  paint: Paint,
): string {
  const lines: string[] = dryRun ? [paint.quiet("dry run: nothing is changed")] : [];
  for (const { kind, old, now } of renames) lines.push(`${kind} ${old} ${paint.quiet("->")} ${now}`);
  for (const diff of diffs) {
    for (const line of diff.trimEnd().split("\n")) {
      lines.push(line.startsWith("+") ? paint.good(line) : line.startsWith("-") ? paint.bad(line) : line);
    }
  }
  if (!dryRun)
    for (const { path, edits } of changed)
      lines.push(`${paint.good(path)} changed in ${edits} ${edits === 1 ? "place" : "places"}`);
  for (const { path, line, column, message } of byHand) lines.push(`${path}:${line}:${column}: by hand: ${message}`);
  const files = changed.length === 1 ? "1 file" : `${changed.length} files`;
  const done = `${files} ${dryRun ? "would follow" : "followed"} the schemas since ${against}`;
  const left = byHand.length === 0 ? "nothing is left to do by hand" : `${byHand.length} left to do by hand`;
  lines.push(
    `${changed.length === 0 && byHand.length === 0 ? `nothing to migrate since ${against}` : `${done}; ${left}`}`,
  );
  return `${lines.join("\n")}\n`;
}
