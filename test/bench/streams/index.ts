import type { Node } from "../nodes.js";
import { median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { peersThatAreHere } from "../peers/go.js";
import { streamMessageBytes } from "../transfer/raw.js";
import { measureRounds } from "../transfer/rounds.js";
import { ratioOf } from "../transfer/workload.js";

const rounds = 5;
const times = 6;
const turn = { kind: "stream", size: 0, ms: 150 } as const;
const peers = ["crucible", "raw", "raw-batched", "grpc-js", "go-grpc", "ttrpc"] as const;

/** Small messages of one stream between two processes, peers in turn. */
export async function benchStreams(nodes: readonly Node[]): Promise<BenchResult> {
  const there = peersThatAreHere(peers);
  const rows: string[][] = [["", "messages/s"]];
  const ratios: Record<string, number | null> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const [rates] = await measureRounds(node, there, [turn], rounds, times);
    const figure = (peer: string): number | null => (there.includes(peer) ? median(rates![peer]!) : null);
    groups.push({ label: `one stream @${node.major}`, values: peers.map(figure) });
    for (const peer of peers) {
      const rate = figure(peer);
      rows.push([`${peer} @${node.major}`, rate === null ? "–" : Math.round(rate).toLocaleString("en")]);
      if (peer !== "crucible") ratios[`stream/${peer}@${node.major}`] = ratioOf(rates!["crucible"]!, rates![peer]);
    }
  }
  return {
    method,
    rows,
    ratios,
    versions: { "grpc-js": "@grpc/grpc-js" },
    chart: { title: "Streams", axis: "messages a second of one stream; longer is better", series: peers, groups },
  };
}

const method = `Messages of ${streamMessageBytes} bytes with three fields, from an async generator in one process to a \`for await\` in another
over one Unix socket, medians of ${rounds * times} turns of about ${turn.ms} ms in which the peers follow one another, in ${rounds} pairs of fresh processes.
Ours as it comes: checksum, credit and validation on. "raw" is sockets with as many bytes and nothing on them, a write for each message;
"raw-batched" writes 64 KiB at once, which no protocol can beat. The main threads of the two processes have a processor each. Both sides of go-grpc and of ttrpc are in Go.`;
