import { describe, expect, it } from "vitest";
import type { Findings } from "../../examples/knowledge/src/report/findings.js";
import { Progress } from "../../examples/knowledge/src/report/progress.js";
import { formatReport } from "../../examples/knowledge/src/report/report.js";
import { createPaint, fit, fitEnd, printable } from "../../examples/knowledge/src/report/terminal.js";

const nasty = `\u001b]0;owned\u0007 \u202eevil\n${"very long ".repeat(50)}`;
const burst = { calls: 2000, ms: 500, callsPerSecond: 4000 };
const named = { id: `${nasty}.md`, title: nasty };
const findings: Findings = {
  ok: true,
  vault: {
    place: nasty,
    notes: 1234,
    bytes: 5_600_000,
    skippedCount: 5,
    skipped: Array.from({ length: 5 }, () => ({ path: nasty, reason: "r" })),
  },
  daemon: { pid: 1, socketDirectory: "/tmp" },
  plugins: ["search", "tasks", "links"].map((id, at) => ({ id, pid: at + 10, launchMs: 80.4 })),
  index: { ms: 1234, terms: 1, changes: 1234 },
  links: {
    links: 2,
    dangling: 3,
    orphans: [named],
    mostLinked: [{ ...named, backlinks: 1 }],
    walk: [named, named, named],
  },
  tasks: { open: 1, done: 0, notes: 1, next: [{ note: named, line: 1, text: nasty }] },
  queries: [{ text: nasty, total: 1, hits: [{ ...named, score: 1, snippet: nasty }] }],
  burst: { queries: burst, lookups: burst },
};
const plain = createPaint({ write: () => true }, {});

function draw(isTTY: boolean): string {
  let written = "";
  const progress = new Progress({ isTTY, write: (text) => (written += text) }, "indexing", 2);
  for (let step = 0; step < 5; step++) progress.step();
  progress[Symbol.dispose]();
  return written;
}

describe("formatReport", () => {
  it.each([20, 60, 80, 500])("lets nothing of a note at the terminal, nor over its edge (%i columns)", (columns) => {
    const report = formatReport(findings, plain, columns);
    expect(report.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    const width = Math.max(...report.split("\n").map((line) => line.length));
    expect(width).toBeLessThanOrEqual(Math.max(80, Math.min(110, columns)));
  });

  it("says one of one, and many of many", () => {
    const report = formatReport(findings, plain, 80);
    for (const text of [
      "1,234 documents, 5.6 MB",
      "1 word\n",
      "1 task: 1 open",
      "1 orphan\n",
      "1 hit\n",
      "in 1.2 s",
      "and 2 more",
    ]) {
      expect(report).toContain(text);
    }
  });

  it("leaves out what there is not", () => {
    const none = { ...findings, links: { ...findings.links, mostLinked: [], walk: [] }, queries: [] };
    const report = formatReport(
      { ...none, tasks: { ...none.tasks, next: [] }, vault: { ...none.vault, skippedCount: 0, skipped: [] } },
      plain,
      80,
    );
    expect(report).not.toMatch(/most linked|a walk|to do|left out|\n\n\n/);
  });
});

describe("on a terminal", () => {
  it("paints, unless asked not to", () => {
    const terminal = { isTTY: true, write: () => true };
    expect(createPaint(terminal, {}).strong("x")).toContain("\u001b[1m");
    expect(createPaint(terminal, { NO_COLOR: "1" }).strong("x")).toBe("x");
    expect(createPaint(terminal, { TERM: "dumb" }).strong("x")).toBe("x");
  });

  it("cuts and cleans text", () => {
    expect(printable("a\u0000\u202eb\u2028")).toBe("a b ");
    expect(fit("abcdef", 6)).toBe("abcdef");
    expect(fit("abcdefg", 6)).toBe("abcde…");
    expect(fit("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 14)).toBe("👩‍👩‍👧‍👦…");
    expect(fitEnd("abcdefg", 6)).toBe("…cdefg");
    expect(fitEnd("🏺🏺🏺🏺", 6)).toBe("…🏺🏺");
  });

  it("shows progress there alone, and wipes it away", () => {
    expect(draw(false)).toBe("");
    expect(draw(true)).toContain("indexing ███████████████░░░░░░░░░░░░░░░ 50 %");
    expect(draw(true)).toContain(" 100 %");
    expect(draw(true).endsWith("\r\u001b[2K")).toBe(true);
  });
});
