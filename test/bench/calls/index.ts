import { fileURLToPath } from "node:url";
import type { Node } from "../nodes.js";
import { figures, median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { Worker } from "../workers.js";
import type { Measured, Turn } from "./client.js";
import { peerNames } from "./peers.js";
import { requestBytes, responseBytes } from "./raw.js";

/** Pairs of fresh processes for each peer, since what the compiler makes of a run differs from process to process. */
const rounds = 5;
/** In each of them. Short ones, so that what is compared was measured within a second. */
const turns = 6;
const turnMs = 130;
const ours = peerNames[0];

/** What is measured: in which turn, what of it. */
const metrics = {
  calls64: { inFlight: 64, of: "calls" },
  calls256: { inFlight: 256, of: "calls" },
  p50: { inFlight: 1, of: "p50" },
  p99: { inFlight: 1, of: "p99" },
} as const;
type Metric = keyof typeof metrics;

/** By peer and number of calls in flight; what is at the same place was measured in the same turn. */
type Turns = Readonly<Record<string, Record<number, Measured[]>>>;

async function measureRound(node: Node, into: Turns): Promise<void> {
  const script = fileURLToPath(new URL("client.js", import.meta.url));
  const workers = new Map<string, Worker<Turn, Measured>>();
  try {
    for (const peer of peerNames) workers.set(peer, await Worker.start(node, script, peer));
    for (const inFlight of [64, 256, 1]) {
      for (let turn = 0; turn < turns; turn++) {
        for (const peer of peerNames) {
          (into[peer]![inFlight] ??= []).push(await workers.get(peer)!.ask({ inFlight, ms: turnMs }));
        }
      }
    }
  } finally {
    for (const worker of workers.values()) worker.end();
  }
}

/** Calls over one connection between two processes, peers in turn, so that a slow minute of the machine hits them all. */
export async function benchCalls(nodes: readonly Node[]): Promise<BenchResult> {
  const rows: string[][] = [["", "calls/s, 64", "calls/s, 256", "p50 µs", "p99 µs"]];
  const ratios: Record<string, number> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const all: Turns = Object.fromEntries(peerNames.map((peer) => [peer, {}]));
    for (let round = 0; round < rounds; round++) await measureRound(node, all);
    const list = (peer: string, metric: Metric): number[] =>
      all[peer]![metrics[metric].inFlight]!.map((one) => one[metrics[metric].of]);
    const figure = (peer: string, metric: Metric): number => median(list(peer, metric));
    for (const metric of ["calls64", "calls256"] as const) {
      const label = `${metrics[metric].inFlight} in flight @${node.major}`;
      groups.push({ label, values: peerNames.map((peer) => figure(peer, metric)) });
    }
    for (const peer of peerNames) {
      rows.push([
        `${peer} @${node.major}`,
        Math.round(figure(peer, "calls64")).toLocaleString("en"),
        Math.round(figure(peer, "calls256")).toLocaleString("en"),
        figure(peer, "p50").toFixed(1),
        figure(peer, "p99").toFixed(1),
      ]);
      if (peer === ours) continue;
      for (const metric of Object.keys(metrics) as Metric[]) {
        // Turn by turn, so that each ratio compares neighbours in time.
        const theirs = list(peer, metric);
        const compared = list(ours, metric).map((one, i) => one / theirs[i]!);
        ratios[`${metric}/${peer}@${node.major}`] = figures(median(compared));
      }
    }
  }
  return {
    method,
    rows,
    ratios,
    versions: { "grpc-js": "@grpc/grpc-js" },
    chart: { title: "Calls", axis: "calls a second; longer is better", series: peerNames, groups },
  };
}

const method = `Calls of ${requestBytes} bytes there and ${responseBytes} back between two processes over one Unix socket, medians of
${rounds * turns} turns of ${turnMs} ms in which the peers follow one another, in ${rounds} pairs of fresh processes. Ours as it comes: checksum, deadline, credit, validation and metadata on each
call. "raw" is sockets with as many bytes and nothing on them, a write for each message; "raw-batched" writes once for all that is
due, which no protocol can beat. The latencies are of one call in flight, both processes on one processor.`;
