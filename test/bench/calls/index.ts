import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Node } from "../nodes.js";
import { figures, median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import type { Measured } from "./client.js";
import { peerNames } from "./peers.js";
import { requestBytes, responseBytes } from "./raw.js";

const run = promisify(execFile);
const rounds = 3;
const ours = peerNames[0];
/** Lower is better. */
const falling = ["p50", "p99"] as const;
const rising = ["calls64", "calls256"] as const;

async function measure(node: Node, peer: string): Promise<Measured> {
  const script = fileURLToPath(new URL("client.js", import.meta.url));
  const { stdout } = await run(node.path, [script, peer], { timeout: 60_000 });
  return JSON.parse(stdout) as Measured;
}

/** Calls over one connection between two processes, peers in turn, so that a slow minute of the machine hits them all. */
export async function benchCalls(nodes: readonly Node[]): Promise<BenchResult> {
  const rows: string[][] = [["", "calls/s, 64", "calls/s, 256", "p50 µs", "p99 µs"]];
  const ratios: Record<string, number> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const runs = new Map<string, Measured[]>(peerNames.map((peer) => [peer, []]));
    for (let round = 0; round < rounds; round++) {
      for (const peer of peerNames) {
        process.stderr.write(`node ${node.version}: ${peer}, ${round + 1} of ${rounds}\n`);
        runs.get(peer)!.push(await measure(node, peer));
      }
    }
    const figure = (peer: string, key: keyof Measured): number => median(runs.get(peer)!.map((one) => one[key]));
    for (const key of rising) {
      const label = `${key === "calls64" ? "64" : "256"} in flight @${node.major}`;
      groups.push({ label, values: peerNames.map((peer) => figure(peer, key)) });
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
      for (const key of [...rising, ...falling]) {
        // Round by round, so that each ratio compares neighbours in time.
        const list = runs.get(ours)!.map((one, i) => one[key] / runs.get(peer)![i]![key]);
        ratios[`${key}/${peer}@${node.major}`] = figures(median(list));
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
${rounds} runs in turns, each in two fresh processes. Ours as it comes: checksum, deadline, credit, validation and metadata on each
call. "raw" is sockets with as many bytes and nothing on them, a write for each message; "raw-batched" writes once for all that is
due, which no protocol can beat. The latencies are of one call in flight, both processes on one processor.`;
