import { execFileSync } from "node:child_process";
import { figures } from "../numbers.js";
import type { Node } from "../nodes.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { Fleet, RawPair } from "../sessions/fleet.js";

const steps = [1, 10, 100, 1_000, 10_000];
/** Sessions that are there before the first is counted, so that what all share is there. */
const before = 10;
/** Processes that the plugins live in. */
const processes = 4;
/** A little more than two intervals between heartbeats. */
const holdMs = 32_000;
/** What an idle connection may take. */
const aimKib = 20;
/** Descriptors that a process needs beside its connections. */
const otherDescriptors = 100;

/** How many connections the limit of open files allows in one process. */
function mostConnections(): number {
  const limit = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  return limit === "unlimited" ? Infinity : Number(limit) - otherDescriptors - before;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What one more connection takes, by the number of connections, in KiB; one alone drowns in what the process does besides. */
type Costs = Map<number, { readonly rss: number; readonly heap: number }>;

async function measureFleet(node: Node, counts: readonly number[]): Promise<{ costs: Costs; heard: string }> {
  const fleet = await Fleet.start(node, processes);
  try {
    await fleet.grow(before, false);
    const empty = await fleet.measure();
    const costs: Costs = new Map();
    for (const count of counts) {
      await fleet.grow(before + count, false);
      const { rss, heap } = await fleet.measure();
      costs.set(count, { rss: (rss - empty.rss) / count / 1024, heap: (heap - empty.heap) / count / 1024 });
    }
    await wait(holdMs);
    const all = before + counts.at(-1)!;
    const { rss, heap, open, heard, lost, errors } = await fleet.measure();
    costs.set(counts.at(-1)!, {
      rss: (rss - empty.rss) / counts.at(-1)! / 1024,
      heap: (heap - empty.heap) / counts.at(-1)! / 1024,
    });
    if (open !== all || lost > 0) throw new Error(`${open} of ${all} sessions are open: ${errors.join("; ")}`);
    return { costs, heard: `${heard} of ${all}` };
  } finally {
    fleet.end();
  }
}

async function measureRaw(node: Node, counts: readonly number[]): Promise<Costs> {
  const pair = await RawPair.start(node);
  try {
    await pair.grow(before);
    const empty = await pair.measure();
    const costs: Costs = new Map();
    for (const count of counts) {
      await pair.grow(before + count);
      const { rss, heap } = await pair.measure();
      costs.set(count, { rss: (rss - empty.rss) / count / 1024, heap: (heap - empty.heap) / count / 1024 });
    }
    return costs;
  } finally {
    pair.end();
  }
}

/** What idle connections cost a daemon, from one to ten thousand. */
export async function benchConnections(nodes: readonly Node[]): Promise<BenchResult> {
  const most = mostConnections();
  const counts = steps.filter((count) => count <= most);
  if (counts.length < steps.length) {
    process.stderr.write(`the limit of open files allows ${most} connections: raise it with ulimit -n 10200\n`);
  }
  const shown = counts.filter((count) => count >= 100);
  const rows: string[][] = [
    ["", ...shown.map((count) => `${count.toLocaleString("en")}, KiB each`), "heap, KiB", "heard"],
  ];
  const ratios: Record<string, number | null> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const { costs, heard } = await measureFleet(node, counts);
    const raw = await measureRaw(node, counts);
    for (const [name, of] of [["crucible", costs] as const, ["raw", raw] as const]) {
      const last = of.get(counts.at(-1)!)!;
      rows.push([
        `${name} @${node.major}`,
        ...shown.map((count) => of.get(count)!.rss.toFixed(1)),
        last.heap.toFixed(1),
        name === "crucible" ? heard : "–",
      ]);
    }
    for (const count of [1_000, 10_000]) {
      const [ours, theirs] = [costs.get(count)?.rss, raw.get(count)?.rss];
      ratios[`rss${count}/raw@${node.major}`] = ours === undefined ? null : figures(ours / theirs!);
      ratios[`rss${count}/aim@${node.major}`] = ours === undefined ? null : figures(ours / aimKib);
    }
    groups.push(
      ...shown.map((count) => ({
        label: `${count.toLocaleString("en")} @${node.major}`,
        values: [costs.get(count)!.rss, raw.get(count)!.rss],
      })),
    );
  }
  return {
    method,
    rows,
    ratios,
    versions: {},
    chart: {
      title: "Idle connections",
      axis: "KiB of RSS each; shorter is better",
      series: ["crucible", "raw"],
      groups,
    },
  };
}

const method = `What an idle connection takes of a daemon's memory: its RSS with so many registered plugins less that with ${before}, for
each, after a collection of garbage. The plugins are sessions over real Unix sockets, each let in by a listener, a ticket and a handshake
of its own, in ${processes} processes; a listener is closed once its plugin is there, so that one process has descriptors
for ten thousand. All are then held for ${holdMs / 1000} s, more than two intervals between heartbeats: "heard" is how many of them the
daemon has had word from in the last one and a half. "raw" is what bare sockets of \`node:net\` take of their server. The ratio \`aim\` is to ${aimKib} KiB.`;
