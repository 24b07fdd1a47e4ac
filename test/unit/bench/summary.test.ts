import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { withSummary } from "../../bench/report/document.js";
import { ratiosIn, summaryOf } from "../../bench/report/summary.js";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

it("README.md shows what docs/performance.md says", async () => {
  const readme = read("README.md");
  expect(await withSummary(readme, read("docs/performance.md"))).toBe(readme);
});

it("finds every ratio that README.md shows", () => {
  for (const row of summaryOf(read("docs/performance.md"), [20, 24]).split("\n").slice(2)) {
    const [, what, ...onNodes] = row.split("|");
    const peers = onNodes.slice(0, 2).map((cell) => cell.replaceAll(/[0-9.]+ × /g, ""));
    expect(peers[0], what).toMatch(/\w/);
    expect(peers[1], what).toBe(peers[0]);
  }
});

it("reads ratios out of tables", () => {
  const document = "| `a/b@20` |  1.5 |\n| `c/d@24` | – |\n| `e/f` | 0.0503 |\n";
  expect([...ratiosIn(document)]).toEqual([
    ["a/b@20", 1.5],
    ["e/f", 0.0503],
  ]);
});

it("turns ratios of times over, and leaves out what was not measured", () => {
  const document = "| `calls64/grpc-js@20` | 79.8 |\n| `calls64/raw@20` | 1.36 |\n| `p50/grpc-js@20` | 0.0758 |\n";
  const [, , calls, alone, streams] = summaryOf(document, [20]).split("\n");
  expect(calls).toBe("| calls, 64 in flight | 80 × grpc-js, 1.4 × bare sockets |");
  expect(alone).toBe("| one call alone | 13 × grpc-js |");
  expect(streams).toBe("| messages of a stream |  |");
});
