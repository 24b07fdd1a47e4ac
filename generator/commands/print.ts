import type { GenerateReport } from "./generate-report.js";

/** Paints parts of a line; the same text when there is nobody to see it. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  quiet(text: string): string;
}

/** Colours for a terminal whose owner has not asked for none (https://no-color.org). */
export function createPaint(isTerminal: boolean, env: NodeJS.ProcessEnv): Paint {
  const coloured = isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const paint = (code: number) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[39m` : text);
  return { good: paint(32), bad: paint(31), quiet: paint(90) };
}

/** A note behind its place, where editors look for one, or alone. */
export function printNote(note: string): string {
  const [, place = "", message = note] = /^(\S[^:\n]*:\d+:\d+: )(.*)$/s.exec(note) ?? [];
  return `${place}note: ${message}`;
}

/**
 * What a run of `generate` did, in a few lines.
 *
 * @param took stands behind the counts of files.
 */
export function printReport(report: GenerateReport, paint: Paint, took = ""): string {
  const lines: string[] = report.dryRun ? [`${paint.quiet("dry run: nothing is changed")}`] : [];
  if (report.config.written) lines.push(`${paint.good(report.config.path)} written: what to generate, yours to change`);
  const counts = [
    `${paint.good(`${report.written.length} written`)}`,
    paint.quiet(`${report.unchanged} unchanged`),
    ...(report.deleted.length > 0 ? [paint.bad(`${report.deleted.length} deleted`)] : []),
  ];
  lines.push(`${report.folders.join(", ")}: ${counts.join(", ")}${took}`);
  for (const path of report.skeletons) lines.push(`${paint.good(path)} written: fill in its methods`);
  for (const { path, from } of report.moved) {
    lines.push(
      `${paint.good(path)} changed: what it imported from ${from}, it imports from ${report.folders.join(", ")}`,
    );
  }
  for (const { path, added, adjusted } of report.merged) {
    const parts = [
      ...(added.length > 0 ? [`added ${added.join(", ")}`] : []),
      ...(adjusted.length > 0 ? [`adjusted ${adjusted.join(", ")}`] : []),
    ];
    lines.push(`${paint.good(path)} changed: ${parts.join("; ")}`);
  }
  for (const { path, line, column, method, before, after } of report.conflicts) {
    const place = `${path}:${line}:${column}`;
    lines.push(
      `${place}: ${paint.bad("conflict")}: ${method} answers in another way than the schema; change it by hand`,
    );
    lines.push(paint.bad(`- ${before}`), paint.good(`+ ${after}`));
  }
  for (const diff of report.diffs) {
    for (const line of diff.trimEnd().split("\n")) {
      lines.push(line.startsWith("+") ? paint.good(line) : line.startsWith("-") ? paint.bad(line) : line);
    }
  }
  lines.push(...report.notes.map(printNote));
  return `${lines.join("\n")}\n`;
}
