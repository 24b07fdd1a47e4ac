import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Node } from "../nodes.js";
import type { FirstCall } from "./first-call.js";

const run = promisify(execFile);

export const coldPeers = ["crucible", "raw", "grpc-js"] as const;
export const coldRounds = 9;

/** Milliseconds from the dial to the answer of the first call, by peer; fresh pairs of processes in turns. */
export async function measureCold(node: Node): Promise<Record<string, number[]>> {
  const script = fileURLToPath(new URL("first-call.js", import.meta.url));
  const samples: Record<string, number[]> = Object.fromEntries(coldPeers.map((peer) => [peer, []]));
  for (let round = 0; round < coldRounds; round++) {
    for (const peer of coldPeers) {
      const { stdout } = await run(node.path, [script, peer], { timeout: 30_000 });
      samples[peer]!.push((JSON.parse(stdout) as FirstCall).connect);
    }
  }
  return samples;
}
