import type { Node } from "../nodes.js";
import { median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { peersThatAreHere } from "../peers/go.js";
import { measureRounds } from "../transfer/rounds.js";
import { ratioOf, type Turn } from "../transfer/workload.js";

const rounds = 3;
const times = 4;
const ms = 120;
const peers = ["crucible", "raw", "grpc-js", "go-grpc", "ttrpc"] as const;

/** What is measured, by the name of its ratio. */
const metrics: Readonly<Record<string, Turn>> = {
  bulk64k: { kind: "write", size: 65_536, ms },
  bulk1m: { kind: "write", size: 1_048_576, ms },
  down64k: { kind: "read", size: 65_536, ms },
  down1m: { kind: "read", size: 1_048_576, ms },
  echo64k: { kind: "echo", size: 65_536, ms },
  echo1m: { kind: "echo", size: 1_048_576, ms },
};
const labels = ["up, 64 KiB", "up, 1 MiB", "down, 64 KiB", "down, 1 MiB", "echo of 64 KiB", "echo of 1 MiB"];

/** Large bodies between two processes, peers in turn. */
export async function benchBulk(nodes: readonly Node[]): Promise<BenchResult> {
  const there = peersThatAreHere(peers);
  const rows: string[][] = [["MB/s", ...labels]];
  const ratios: Record<string, number | null> = {};
  const groups: BarGroup[] = [];
  const names = Object.keys(metrics);
  for (const node of nodes) {
    const rates = await measureRounds(node, there, Object.values(metrics), rounds, times);
    const figure = (peer: string, i: number): number | null =>
      there.includes(peer) ? median(rates[i]![peer]!) / 1e6 : null;
    for (const i of names.keys()) {
      groups.push({ label: `${labels[i]!} @${node.major}`, values: peers.map((peer) => figure(peer, i)) });
    }
    for (const peer of peers) {
      const cells = names.map((_, i) => figure(peer, i)?.toFixed(0) ?? "–");
      rows.push([`${peer} @${node.major}`, ...cells]);
      if (peer === "crucible") continue;
      for (const [i, name] of names.entries()) {
        ratios[`${name}/${peer}@${node.major}`] = ratioOf(rates[i]!["crucible"]!, rates[i]![peer]);
      }
    }
  }
  return {
    method,
    rows,
    ratios,
    versions: { "grpc-js": "@grpc/grpc-js" },
    chart: { title: "Large messages", axis: "MB a second; longer is better", series: peers, groups },
  };
}

const method = `Messages with one \`bytes\` field of 64 KiB or 1 MiB between two processes over one Unix socket: a stream of them from
the daemon to the plugin ("up"), one from there ("down"), and a call that sends one there and back, one in flight, whose bytes count once. Medians of ${rounds * times} turns of about ${ms} ms in which the peers
follow one another, in ${rounds} pairs of fresh processes. Ours as it comes: checksum, credit and validation on. "raw" is sockets with as
many bytes, which its readers count and drop. The main threads of the two processes have a processor each. Both sides of go-grpc and of ttrpc are in Go.`;
