// docs/performance.md: each benchmark writes the section between its own markers and leaves the rest of the file alone. What
// README.md shows of it follows.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import prettier from "prettier";
import { chartSvg } from "./chart.js";
import type { BenchResult } from "./result.js";
import { summaryOf } from "./summary.js";

/** What is the same for all benchmarks of a run. */
export interface Circumstances {
  /** Such as `2 × AMD EPYC`. */
  readonly machine: string;
  /** By name: the Nodes and the peers. */
  readonly versions: Readonly<Record<string, string>>;
  /** The day of the run, such as 2026-01-31. */
  readonly date: string;
}

const preamble = `# Performance

Every section below was written by the command it names, on the machine it names. Times differ from machine to machine and
from hour to hour; compare the ratios, which come of peers that ran in turns with ours.
`;

/** Writes a benchmark's section and its chart. */
export async function writeReport(
  root: string,
  name: string,
  result: BenchResult,
  circumstances: Circumstances,
): Promise<void> {
  const document = join(root, "docs/performance.md");
  const chart = join(root, `docs/performance/${name}.svg`);
  mkdirSync(dirname(chart), { recursive: true });
  writeFileSync(chart, chartSvg(result.chart));
  const before = existsSync(document) ? readFileSync(document, "utf8") : preamble;
  const text = withSection(before, name, sectionText(name, result, circumstances));
  const written = await prettier.format(text, { parser: "markdown", printWidth: 120 });
  writeFileSync(document, written);
  const readme = join(root, "README.md");
  writeFileSync(readme, await withSummary(readFileSync(readme, "utf8"), written));
}

/** README.md with the summary of docs/performance.md as that is now. */
export async function withSummary(readme: string, performance: string): Promise<string> {
  const text = withSection(readme, "summary", `${summaryOf(performance, [20, 24])}\n`);
  return prettier.format(text, { parser: "markdown", printWidth: 120 });
}

/** The document with one section replaced, or added at its end. */
export function withSection(document: string, name: string, section: string): string {
  const [start, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const marked = `${start}\n\n${section}\n${end}`;
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  if (from === -1) return `${document.trimEnd()}\n\n${marked}\n`;
  if (to < from) throw new Error(`docs/performance.md has ${start} but no ${end} behind it`);
  return document.slice(0, from) + marked + document.slice(to + end.length);
}

function sectionText(name: string, result: BenchResult, { machine, versions, date }: Circumstances): string {
  const named = Object.entries(versions).map(([key, version]) => `${key} ${version}`);
  const ratios = Object.entries(result.ratios).map(([key, ratio]) => [`\`${key}\``, ratio === null ? "–" : `${ratio}`]);
  return [
    `## ${result.chart.title}`,
    `\`npm run bench -- ${name}\`, ${date}, ${machine}; ${named.join(", ")}.`,
    result.method,
    `![${result.chart.title}](performance/${name}.svg)`,
    table(result.rows),
    "<details><summary>Ratios, ours over the peer's</summary>",
    table([["ratio", "ours / peer's"], ...ratios]),
    "</details>",
  ].join("\n\n");
}

function table([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head!), line(head!.map((_, i) => (i === 0 ? ":--" : "--:"))), ...rows.map(line)].join("\n");
}
