import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Node } from "../nodes.js";
import type { FirstCall } from "./first-call.js";

const run = promisify(execFile);

export const coldPeers = ["crucible", "raw", "grpc-js"] as const;
export const coldRounds = 9;

/** Milliseconds, one for each round. */
export interface ColdTimes {
  /** From the dial to the answer of the first call, by peer. */
  readonly connect: Readonly<Record<string, number[]>>;
  /** From the launch of our plugin to that answer. */
  readonly launch: number[];
  /** What a plugin computes for its handshake, in a process that does nothing else. */
  readonly cryptography: number[];
}

/** Fresh processes in turns. */
export async function measureCold(node: Node): Promise<ColdTimes> {
  const [firstCall, cryptography] = ["first-call.js", "first-handshake.js"].map((file) =>
    fileURLToPath(new URL(file, import.meta.url)),
  ) as [string, string];
  const times: ColdTimes = {
    connect: Object.fromEntries(coldPeers.map((peer) => [peer, []])),
    launch: [],
    cryptography: [],
  };
  const ask = async (...args: readonly string[]): Promise<string> =>
    (await run(node.path, args, { timeout: 30_000 })).stdout;
  for (let round = 0; round < coldRounds; round++) {
    for (const peer of coldPeers) {
      const { connect, launch } = JSON.parse(await ask(firstCall, peer)) as FirstCall;
      times.connect[peer]!.push(connect);
      if (launch !== undefined) times.launch.push(launch);
    }
    times.cryptography.push(Number(await ask(cryptography)));
  }
  return times;
}
