import type { Burst } from "../daemon/burst.js";
import type { Findings } from "./findings.js";
import { fit, fitEnd, type Paint } from "./terminal.js";

const minWidth = 80;
const maxWidth = 110;
const shownSkipped = 3;
/** Width of the column that says what a line is about. */
const labelWidth = 13;

/** What the parts of a report share. */
interface Page {
  readonly paint: Paint;
  /** Characters of a line, without its margin. */
  readonly room: number;
}

/**
 * The report for people.
 *
 * @param columns of the terminal.
 */
export function formatReport(findings: Findings, paint: Paint, columns: number): string {
  const page = { paint, room: Math.max(minWidth, Math.min(columns, maxWidth)) - 2 };
  const parts = [
    heading(findings, page),
    plugins(findings, page),
    figures(findings, page),
    found(findings, page),
    ...findings.queries.map((answer) => hits(answer, page)),
    leftOut(findings, page),
  ];
  const text = parts.filter((lines) => lines.length > 0).map((lines) => lines.map((line) => `  ${line}\n`).join(""));
  return `\n${text.join("\n")}\n`;
}

function heading({ vault }: Findings, { paint: { strong, dim }, room }: Page): string[] {
  return [
    `${strong("knowledge")}  ${count(vault.notes, "document")}, ${formatSize(vault.bytes)}`,
    dim(fit(vault.place, room)),
  ];
}

function plugins({ plugins: all, index, links, tasks }: Findings, { paint: { dim } }: Page): string[] {
  const facts: Record<string, string> = {
    search: count(index.terms, "word"),
    tasks: `${count(tasks.open + tasks.done, "task")}: ${formatNumber(tasks.open)} open, ${formatNumber(tasks.done)} done`,
    links: `${count(links.links, "link")}, ${formatNumber(links.dangling)} into nothing, ${count(links.orphans.length, "orphan")}`,
  };
  return all.map(({ id, pid, launchMs }) => {
    const process = `pid ${pid}, up in ${formatMs(launchMs)}`.padEnd(28);
    return `${dim(id.padEnd(labelWidth))}${process}${facts[id] ?? ""}`;
  });
}

function figures({ vault, index, burst }: Findings, page: Page): string[] {
  const perSecond = Math.round((vault.notes / index.ms) * 1000);
  return [
    labelled("indexed", `in ${formatMs(index.ms)}, ${formatNumber(perSecond)} documents a second, by all three`, page),
    labelled("queries", formatBurst(burst.queries), page),
    labelled("lookups", formatBurst(burst.lookups), page),
  ];
}

function found({ links, tasks }: Findings, page: Page): string[] {
  const { paint, room } = page;
  const [most] = links.mostLinked;
  const [task] = tasks.next;
  const lines: string[] = [];
  if (most !== undefined) {
    const from = paint.dim(`from ${count(most.backlinks, "document")}`);
    lines.push(labelled("most linked", `${fit(most.title, room - labelWidth - 22)}  ${from}`, page));
  }
  if (links.walk.length > 1) {
    const way = links.walk.map(({ title }) => fit(title, 24)).join(" → ");
    lines.push(labelled("a walk", fit(way, room - labelWidth), page));
  }
  if (task !== undefined) {
    const where = fit(task.note.title, 24);
    const text = fit(task.text, room - labelWidth - where.length - 2);
    lines.push(labelled("first to do", `${text}  ${paint.dim(where)}`, page));
  }
  return lines;
}

function hits({ text, total, hits: best }: Findings["queries"][number], { paint, room }: Page): string[] {
  const { strong, dim, accent } = paint;
  return [
    `${accent(`“${fit(text, room - 20)}”`)}  ${dim(count(total, "hit"))}`,
    ...best.flatMap(({ title, id, snippet }) => {
      const name = fit(title, room >> 1);
      const head = `  ${strong(name)}  ${dim(fitEnd(id, room - name.length - 4))}`;
      return snippet === "" ? [head] : [head, `    ${fit(snippet, room - 4)}`];
    }),
  ];
}

function leftOut({ vault }: Findings, { paint: { dim }, room }: Page): string[] {
  if (vault.skippedCount === 0) return [];
  const shown = vault.skipped.slice(0, shownSkipped);
  const rest = vault.skippedCount - shown.length;
  return [
    `left out: ${count(vault.skippedCount, "file")}`,
    ...shown.map(({ path, reason }) => `  ${dim(fit(`${path} ${reason}`, room - 2))}`),
    ...(rest > 0 ? [`  ${dim(`and ${formatNumber(rest)} more`)}`] : []),
  ];
}

function labelled(label: string, text: string, { paint }: Page): string {
  return `${paint.dim(label.padEnd(labelWidth))}${text}`;
}

function formatBurst({ calls, ms, callsPerSecond }: Burst): string {
  return `${formatNumber(callsPerSecond)} calls a second (${formatNumber(calls)} in ${formatMs(ms)})`;
}

function count(value: number, what: string): string {
  return `${formatNumber(value)} ${what}${value === 1 ? "" : "s"}`;
}

/** `12,345`: the same on every machine. */
function formatNumber(value: number): string {
  return value.toLocaleString("en-US");
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function formatSize(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
