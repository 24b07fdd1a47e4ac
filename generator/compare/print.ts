import type { Paint } from "../commands/print.js";
import { formatMistake } from "../errors.js";
import { type Change, firstToMove, type Mixes } from "./change.js";
import type { Report } from "./compare.js";

/** All changes with a line each, and a line for all of them. */
export function printChanges(report: Report, against: string, paint: Paint): string {
  const lines = report.changes.map((change) => printChange(change, paint));
  if (report.passed > 0)
    lines.push(`note: ${report.passed} inputs of buf.gen.yaml are no folders and were not compared`);
  lines.push(summary(report, against, paint));
  return `${lines.join("\n")}\n`;
}

/** `path:line:column: major: what; who breaks; who moves first [RULE]`. */
export function printChange({ location, bump, message, breaks, code, rule }: Change, paint: Paint): string {
  const painted = bump === "major" ? paint.bad(bump) : bump === "minor" ? paint.good(bump) : paint.quiet(bump);
  const told = [message, ...mixesText(breaks), ...(code ? ["code changes: run crucible-gen migrate"] : [])];
  return formatMistake({ location, message: `${painted}: ${told.join("; ")} ${paint.quiet(`[${rule}]`)}` });
}

function mixesText(breaks: Mixes): string[] {
  const parts = brokenMixes(breaks);
  if (parts.length === 0) return [];
  const next = { daemon: "update the daemon first", plugin: "update the plugin first", both: "update both together" };
  const first = firstToMove(breaks);
  return [`breaks ${parts.join(" and ")}`, ...(first === "either" ? [] : [next[first]])];
}

function brokenMixes({ oldDaemonNewPlugin, newDaemonOldPlugin }: Mixes): string[] {
  return [
    ...(oldDaemonNewPlugin ? ["old daemon x new plugin"] : []),
    ...(newDaemonOldPlugin ? ["new daemon x old plugin"] : []),
  ];
}

function summary({ changes, bump, breaks }: Report, against: string, paint: Paint): string {
  if (changes.length === 0) return `${paint.good("no changes")} since ${against}`;
  const count = (wanted: string): string[] => {
    const found = changes.filter((change) => change.bump === wanted).length;
    return found === 0 ? [] : [`${found} ${wanted}`];
  };
  const counts = ["major", "minor", "patch", "none"].flatMap(count).join(", ");
  const mixes = brokenMixes(breaks);
  const matrix =
    mixes.length === 0
      ? "old and new go together either way"
      : [`breaks ${mixes.join(" and ")}`, ...nextOf(breaks)].join(": ");
  const asks = bump === "none" ? "asks for no new version" : `asks for a ${bump} version`;
  return `since ${against}: ${bump === "major" ? paint.bad(asks) : paint.good(asks)} (${counts}); ${matrix}`;
}

function nextOf(breaks: Mixes): string[] {
  return mixesText(breaks).slice(1);
}
