import { fileURLToPath } from "node:url";
import type { Node } from "../nodes.js";
import { figures, median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { Worker } from "../workers.js";
import type { Measured, Turn } from "./client.js";
import { peersThatAreHere } from "../peers/go.js";
import { near, peerNames } from "./peers.js";
import { requestBytes, responseBytes } from "./raw.js";

/** Pairs of fresh processes for each peer, since what the compiler makes of a run differs from process to process. */
const rounds = 4;
/** The peers that are far behind are measured in the first ones only. */
const farRounds = 1;
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

async function measureRound(node: Node, peers: readonly string[], into: Turns): Promise<void> {
  const script = fileURLToPath(new URL("client.js", import.meta.url));
  const workers = new Map<string, Worker<Turn, Measured>>();
  try {
    for (const peer of peers) workers.set(peer, await Worker.start(node, script, peer));
    for (const inFlight of [64, 256, 1]) {
      for (let turn = 0; turn < turns; turn++) {
        for (const peer of peers) {
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
  const there = peersThatAreHere(peerNames);
  const rows: string[][] = [["", "calls/s, 64", "calls/s, 256", "p50 µs", "p99 µs"]];
  const ratios: Record<string, number | null> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const all: Turns = Object.fromEntries(peerNames.map((peer) => [peer, {}]));
    for (let round = 0; round < rounds; round++) {
      await measureRound(node, round < farRounds ? there : there.filter((peer) => near.includes(peer)), all);
    }
    const list = (peer: string, metric: Metric): number[] =>
      (all[peer]![metrics[metric].inFlight] ?? []).map((one) => one[metrics[metric].of]);
    const figure = (peer: string, metric: Metric): number | null =>
      there.includes(peer) ? median(list(peer, metric)) : null;
    for (const metric of ["calls64", "calls256"] as const) {
      const label = `${metrics[metric].inFlight} in flight @${node.major}`;
      groups.push({ label, values: peerNames.map((peer) => figure(peer, metric)) });
    }
    for (const peer of peerNames) {
      rows.push([
        `${peer} @${node.major}`,
        rounded(figure(peer, "calls64")),
        rounded(figure(peer, "calls256")),
        figure(peer, "p50")?.toFixed(1) ?? "–",
        figure(peer, "p99")?.toFixed(1) ?? "–",
      ]);
      if (peer === ours) continue;
      for (const metric of Object.keys(metrics) as Metric[]) {
        // Turn by turn, so that each ratio compares neighbours in time.
        const mine = list(ours, metric);
        const compared = list(peer, metric).map((one, i) => mine[i]! / one);
        ratios[`${metric}/${peer}@${node.major}`] = compared.length === 0 ? null : figures(median(compared));
      }
    }
  }
  return {
    method,
    rows,
    ratios,
    versions: {
      "connect-node": "@connectrpc/connect-node",
      "grpc-js": "@grpc/grpc-js",
      "vscode-jsonrpc": "vscode-jsonrpc",
      ws: "ws",
    },
    chart: { title: "Calls", axis: "calls a second; longer is better", series: peerNames, groups },
  };
}

function rounded(figure: number | null): string {
  return figure === null ? "–" : Math.round(figure).toLocaleString("en");
}

const method = `Calls of ${requestBytes} bytes there and ${responseBytes} back between two processes over one Unix socket, medians of
${rounds * turns} turns of ${turnMs} ms in which the peers follow one another, in ${rounds} pairs of fresh processes; those below ttrpc in the table in ${farRounds}. Ours as it comes: checksum, deadline, credit,
validation and metadata on each call. grpc-js, connect-node, ttrpc and go-grpc have a deadline and metadata too, the others have neither. "raw" is sockets with as many bytes and nothing on them, a write for each message; "raw-batched" writes once for all that is
due, which no protocol can beat. Both sides of ttrpc and go-grpc are in Go. The main threads of the two processes have a processor
each; the latencies are of one call in flight, both processes on one.`;
