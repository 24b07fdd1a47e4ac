import { fileURLToPath } from "node:url";
import type { Node } from "../nodes.js";
import { Worker } from "../workers.js";
import type { Measured, Turn } from "./workload.js";

/** Rates by peer, for each of the turns asked for; what is at the same place was measured in the same turn. */
export type Rates = readonly Readonly<Record<string, readonly number[]>>[];

/**
 * Measures `turns` of all peers, which follow one another, so that a slow second of the machine hits them all: `rounds`
 * times in fresh pairs of processes, since what the compiler makes of a run differs from process to process, and `times` in
 * each.
 */
export async function measureRounds(
  node: Node,
  peers: readonly string[],
  turns: readonly Turn[],
  rounds: number,
  times: number,
): Promise<Rates> {
  const script = fileURLToPath(new URL("client.js", import.meta.url));
  const rates = turns.map(() => Object.fromEntries(peers.map((peer) => [peer, [] as number[]])));
  for (let round = 0; round < rounds; round++) {
    const workers = new Map<string, Worker<Turn, Measured>>();
    try {
      for (const peer of peers) workers.set(peer, await Worker.start(node, script, peer, JSON.stringify(turns)));
      for (const [i, turn] of turns.entries()) {
        for (let time = 0; time < times; time++) {
          for (const peer of peers) rates[i]![peer]!.push((await workers.get(peer)!.ask(turn)).rate);
        }
      }
    } finally {
      for (const worker of workers.values()) worker.end();
    }
  }
  return rates;
}
