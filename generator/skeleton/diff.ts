// Changes of a file as people read them: a unified diff. The edits are known, so nothing has to be searched for.
import { applyEdits, type Edit, inOrder } from "./edits.js";

/** Lines shown around a change. */
const context = 3;

interface Line {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

/** The diff that edits make, with `path` in its head; empty without edits. */
export function unifiedDiff(path: string, text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return "";
  const lines = diffLines(text, edits);
  const near = lines.map(() => false);
  for (const [i, { mark }] of lines.entries()) {
    if (mark !== " ") near.fill(true, Math.max(0, i - context), i + context + 1);
  }
  let shown = `--- ${path}\n+++ ${path}\n`;
  let [before, after] = [1, 1];
  for (let i = 0; i < lines.length;) {
    if (near[i] !== true) {
      before++;
      after++;
      i++;
      continue;
    }
    let end = i;
    while (near[end] === true) end++;
    const hunk = lines.slice(i, end);
    const removed = hunk.filter(({ mark }) => mark !== "+").length;
    const added = hunk.filter(({ mark }) => mark !== "-").length;
    shown += `@@ -${before},${removed} +${after},${added} @@\n`;
    for (const { mark, text: line } of hunk) shown += `${mark}${line}\n`;
    before += removed;
    after += added;
    i = end;
  }
  return shown;
}

/** Every line of both texts, marked. */
function diffLines(text: string, edits: readonly Edit[]): Line[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const lineOf = (position: number): number => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const endOf = (line: number): number => starts[line + 1] ?? text.length;
  const result: Line[] = [];
  const add = (mark: Line["mark"], part: string): void => {
    if (part === "") return;
    const parts = part.split("\n");
    if (parts.at(-1) === "") parts.pop();
    for (const line of parts) result.push({ mark, text: line.replace(/\r$/, "") });
  };
  let done = 0;
  const ordered = inOrder(edits);
  for (let i = 0; i < ordered.length;) {
    // Edits that touch the same lines are shown as one change.
    const first = lineOf(ordered[i]?.start ?? 0);
    let last = first;
    let next = i;
    while (next < ordered.length && lineOf(ordered[next]?.start ?? 0) <= last) {
      last = Math.max(last, lineOf(ordered[next]?.end ?? 0));
      next++;
    }
    const [start, end] = [starts[first] ?? 0, endOf(last)];
    const own = ordered.slice(i, next).map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
    add(" ", text.slice(done, start));
    const before = text.slice(start, end).split(/(?<=\n)/);
    const after = applyEdits(text.slice(start, end), own).split(/(?<=\n)/);
    let head = 0;
    while (head < Math.min(before.length, after.length) && before[head] === after[head]) head++;
    let tail = 0;
    const most = Math.min(before.length, after.length) - head;
    while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
    add(" ", before.slice(0, head).join(""));
    add("-", before.slice(head, before.length - tail).join(""));
    add("+", after.slice(head, after.length - tail).join(""));
    add(" ", before.slice(before.length - tail).join(""));
    done = end;
    i = next;
  }
  add(" ", text.slice(done));
  return result;
}
