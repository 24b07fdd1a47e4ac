import { fileURLToPath } from "node:url";
import type { Measured, Turn } from "../calls/client.js";
import type { Node } from "../nodes.js";
import { figures, median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { Worker } from "../workers.js";

const rounds = 3;
const turns = 6;
const turnMs = 130;
const peers = ["crucible", "crucible-sealed"] as const;
const inFlights = [64, 256, 1] as const;

type Turns = Record<(typeof peers)[number], Record<number, Measured[]>>;

async function measureRound(node: Node, into: Turns): Promise<void> {
  const script = fileURLToPath(new URL("../calls/client.js", import.meta.url));
  const workers = new Map<string, Worker<Turn, Measured>>();
  try {
    for (const peer of peers) workers.set(peer, await Worker.start(node, script, peer));
    for (const inFlight of inFlights) {
      for (let turn = 0; turn < turns; turn++) {
        for (const peer of peers) {
          (into[peer][inFlight] ??= []).push(await workers.get(peer)!.ask({ inFlight, ms: turnMs }));
        }
      }
    }
  } finally {
    for (const worker of workers.values()) worker.end();
  }
}

/** Calls with everything sealed beside the same calls in clear, in turns. */
export async function benchSealed(nodes: readonly Node[]): Promise<BenchResult> {
  const rows: string[][] = [["", "calls/s, 64", "calls/s, 256", "p50 µs"]];
  const ratios: Record<string, number> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const all: Turns = { crucible: {}, "crucible-sealed": {} };
    for (let round = 0; round < rounds; round++) await measureRound(node, all);
    const list = (peer: (typeof peers)[number], inFlight: number): number[] =>
      all[peer][inFlight]!.map(({ calls, p50 }) => (inFlight === 1 ? p50 : calls));
    for (const peer of peers) {
      rows.push([
        `${peer} @${node.major}`,
        Math.round(median(list(peer, 64))).toLocaleString("en"),
        Math.round(median(list(peer, 256))).toLocaleString("en"),
        median(list(peer, 1)).toFixed(1),
      ]);
    }
    for (const inFlight of inFlights) {
      // Turn by turn, so that each ratio compares neighbours in time.
      const clear = list("crucible", inFlight);
      const compared = list("crucible-sealed", inFlight).map((one, i) => one / clear[i]!);
      const metric = inFlight === 1 ? "p50" : `calls${inFlight}`;
      ratios[`${metric}-sealed/${metric}@${node.major}`] = figures(median(compared));
      if (inFlight === 1) continue;
      const label = `${inFlight} in flight @${node.major}`;
      groups.push({ label, values: peers.map((peer) => median(list(peer, inFlight))) });
    }
  }
  return {
    method,
    rows,
    ratios,
    versions: {},
    chart: { title: "Sealed calls", axis: "calls a second; longer is better", series: peers, groups },
  };
}

const method = `The calls of the section "Calls" with the policy \`everything\`, beside the same calls under \`sensitive\`, which seals none of
them: medians of ${rounds * turns} turns of ${turnMs} ms in which the two follow one another, in ${rounds} pairs of fresh processes. What leaves
together is sealed as one; with one call in flight that is each frame by itself.`;
