import fc from "fast-check";
import { expect, test } from "vitest";
import { unifiedDiff } from "../../../../generator/skeleton/diff.js";
import { applyEdits, type Edit } from "../../../../generator/skeleton/edits.js";

/** Applies a unified diff as patch does: line by line, by its numbers. */
function patch(text: string, diff: string): string {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const result: string[] = [];
  let at = 0;
  for (const line of diff.split("\n").slice(2, -1)) {
    const hunk = /^@@ -(\d+),(\d+) /.exec(line);
    if (hunk !== null) {
      const start = Number(hunk[1]) - 1;
      while (at < start) result.push(lines[at++]!);
    } else if (line.startsWith("+")) result.push(line.slice(1));
    else {
      expect(lines[at]).toBe(line.slice(1));
      if (line.startsWith(" ")) result.push(line.slice(1));
      at++;
    }
  }
  return [...result, ...lines.slice(at)].map((line) => `${line}\n`).join("");
}

const words = fc
  .array(fc.constantFrom("a", "b", "\n", "  x", "}\n", "y\n\n"), { maxLength: 40 })
  .map((parts) => `${parts.join("")}\n`);

test("a diff says what patch needs to make the new text of the old one", () => {
  fc.assert(
    fc.property(words, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 5 }), words), { maxLength: 5 }), (text, raw) => {
      const edits: Edit[] = [];
      let free = 0;
      for (const [place, length, insert] of raw.toSorted((a, b) => (a[0] % text.length) - (b[0] % text.length))) {
        const start = Math.max(free, place % text.length);
        // The last line keeps its end: a missing one cannot be written in this form.
        const end = Math.min(start + length, text.length - 1);
        if (end < start) continue;
        edits.push({ start, end, text: insert });
        free = end;
      }
      const diff = unifiedDiff("x.ts", text, edits);
      const expected = applyEdits(text, edits);
      expect(edits.length === 0 ? text : patch(text, diff)).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

test("edits that overlap are a fault", () => {
  expect(() =>
    applyEdits("abcdef", [
      { start: 0, end: 3, text: "" },
      { start: 2, end: 4, text: "" },
    ]),
  ).toThrow("overlap");
});
