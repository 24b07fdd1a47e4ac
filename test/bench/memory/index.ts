import { figures, median } from "../numbers.js";
import type { Node } from "../nodes.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import type { DaemonAnswer } from "../sessions/daemon.js";
import { Fleet } from "../sessions/fleet.js";
import type { Memory } from "../sessions/memory.js";

const steps = [1, 10, 100, 1_000] as const;
const processes = 2;
/** Calls that each plugin has at one time. */
const inFlight = 2;
const stepMs = 3_000;
/** The long load, of the last step: some turns, after some that warm up. */
const turnMs = 6_000;
const turns = 10;
const warmTurns = 2;
/** Turns at either end that are compared. */
const compared = 3;

interface Load {
  readonly calls: number;
  readonly daemon: Memory;
  readonly plugins: Memory;
}

const mib = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
const middle = (list: readonly Load[], of: (load: Load) => number): number => median(list.map(of));

function assertWell(count: number, { open, lost, errors }: DaemonAnswer): void {
  if (open === count && lost === 0 && errors.length === 0) return;
  throw new Error(`${open} of ${count} sessions are open, ${lost} were lost: ${errors.join("; ") || "no error"}`);
}

async function loadOnce(fleet: Fleet, count: number, ms: number): Promise<Load> {
  const daemon = await fleet.load(ms, inFlight);
  assertWell(count, daemon);
  return { calls: daemon.calls, daemon, plugins: await fleet.measurePlugins() };
}

/** By number of plugins: the turns of its load, in order. */
async function measure(node: Node): Promise<Map<number, Load[]>> {
  const fleet = await Fleet.start(node, processes);
  try {
    const all = new Map<number, Load[]>();
    for (const count of steps) {
      await fleet.grow(count, true);
      if (count !== steps.at(-1)) {
        all.set(count, [await loadOnce(fleet, count, stepMs)]);
        continue;
      }
      for (let turn = 0; turn < warmTurns; turn++) await loadOnce(fleet, count, turnMs);
      const loads: Load[] = [];
      for (let turn = 0; turn < turns; turn++) loads.push(await loadOnce(fleet, count, turnMs));
      all.set(count, loads);
    }
    return all;
  } finally {
    fleet.end();
  }
}

/** Plugin sessions under load, from one to a thousand: what they take, and whether that grows. */
export async function benchMemory(nodes: readonly Node[]): Promise<BenchResult> {
  const rows: string[][] = [
    ["plugins", "calls/s", "daemon, MiB", "heap, MiB", "plugins, MiB", "daemon after a minute", "heap", "plugins"],
  ];
  const ratios: Record<string, number> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const all = await measure(node);
    for (const [count, loads] of all) {
      const [first, last] = [loads.slice(0, compared), loads.slice(-compared)];
      const parts = [
        (load: Load) => load.daemon.rss,
        (load: Load) => load.daemon.heap,
        (load: Load) => load.plugins.rss,
      ];
      const long = loads.length > 1;
      rows.push([
        `${count.toLocaleString("en")} @${node.major}`,
        Math.round(middle(loads, ({ calls }) => calls)).toLocaleString("en"),
        ...parts.map((of) => mib(middle(first, of))),
        ...parts.map((of) => (long ? mib(middle(last, of)) : "–")),
      ]);
      groups.push({
        label: `${count.toLocaleString("en")} @${node.major}`,
        values: [middle(last, ({ daemon }) => daemon.rss) / 1_048_576],
      });
      if (!long) continue;
      const growth = (of: (load: Load) => number): number => figures(middle(last, of) / middle(first, of));
      ratios[`rss${count}/start@${node.major}`] = growth(({ daemon }) => daemon.rss);
      ratios[`heap${count}/start@${node.major}`] = growth(({ daemon }) => daemon.heap);
      ratios[`plugins${count}/start@${node.major}`] = growth(({ plugins }) => plugins.rss);
    }
    const alone = all.get(1)![0]!.calls;
    ratios[`calls1000/calls1@${node.major}`] = figures(middle(all.get(1_000)!, ({ calls }) => calls) / alone);
  }
  return {
    method,
    rows,
    ratios,
    versions: {},
    chart: {
      title: "Plugins under load",
      axis: "MiB of the daemon's RSS; shorter is better",
      series: ["crucible"],
      groups,
    },
  };
}

const method = `Plugins of one daemon, each with ${inFlight} calls in flight all the time, over real Unix sockets: sessions in ${processes} processes, each let in
by a listener, a ticket and a handshake of its own; the listeners stay. "daemon" and "plugins" are RSS after a collection of garbage,
of the daemon and of all processes with plugins. A thousand of them are under load for ${(turns * turnMs) / 1000} s after ${(warmTurns * turnMs) / 1000} s that warm up: the ratios to
\`start\` are medians of the last ${compared} of ${turns} measurements over those of the first ${compared}, so that 1 is no growth. Any error or lost session ends the
benchmark. The ratio \`calls1\` is the rate of all to that of one plugin, whose two calls are seldom under way together.`;
