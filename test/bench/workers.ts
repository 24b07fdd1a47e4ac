// Peers that are measured in turns, each in a process of its own. What one peer does to the compiler's caches cannot slow
// down another, and a slow second of the machine hits neighbours in time alike.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { median } from "./numbers.js";
import type { Node } from "./nodes.js";

/** What the parent asks a worker of `sampleInTurns` for: one sample of a case. */
export interface Question {
  readonly id: string;
}

/** Nanoseconds for one operation. */
export interface Answer {
  readonly ns: number;
}

/** A process that answers questions one after another, and says something once when it is ready. */
export class Worker<Asked, Answered> {
  readonly #process: ChildProcess;
  readonly #peer: string;

  private constructor(process: ChildProcess, peer: string) {
    this.#process = process;
    this.#peer = peer;
  }

  /** Starts a process with the peer's name as its first argument, and waits until it is warm. */
  static async start<Asked, Answered>(
    node: Node,
    script: string,
    peer: string,
    ...args: readonly string[]
  ): Promise<Worker<Asked, Answered>> {
    process.stderr.write(`node ${node.version}: ${peer} warms up\n`);
    const child = fork(script, [peer, ...args], { execPath: node.path, timeout: 900_000 });
    const worker = new Worker<Asked, Answered>(child, peer);
    try {
      await worker.#next();
    } catch (error) {
      worker.end();
      throw error;
    }
    return worker;
  }

  ask(question: Asked): Promise<Answered> {
    const answer = this.#next();
    this.#process.send(question as object);
    return answer;
  }

  /** The channel closes, at which a worker with children ends them; it is given a second for that. */
  end(): void {
    if (this.#process.connected) this.#process.disconnect();
    setTimeout(() => this.#process.kill("SIGKILL"), 1000).unref();
  }

  async #next(): Promise<Answered> {
    const done = new AbortController();
    const failed = once(this.#process, "exit", { signal: done.signal }).then(([code]) => {
      throw new Error(`the worker of ${this.#peer} ended with ${String(code)}`);
    });
    try {
      const [answer] = await Promise.race([once(this.#process, "message", { signal: done.signal }), failed]);
      return answer as Answered;
    } finally {
      failed.catch(() => {}); // Aborted.
      done.abort();
    }
  }
}

/** Samples of a case in nanoseconds, by peer; the sample at the same place was taken in the same round. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/**
 * Starts a worker for each peer, lets all of them warm up one after another, and takes samples in turns.
 *
 * @param script what a worker runs; it gets the peer's name as its argument and calls `answerQuestions`.
 * @param ids the cases, each as `rounds` samples.
 * @param args further arguments of the script.
 */
export async function sampleInTurns(
  node: Node,
  script: string,
  peers: readonly string[],
  ids: readonly string[],
  rounds: number,
  ...args: readonly string[]
): Promise<Record<string, Samples>> {
  const workers = new Map<string, Worker<Question, Answer>>();
  try {
    for (const peer of peers) workers.set(peer, await Worker.start(node, script, peer, ...args));
    const result: Record<string, Record<string, number[]>> = {};
    for (const id of ids) {
      const samples = Object.fromEntries(peers.map((peer) => [peer, [] as number[]]));
      // One round more: the first brings the case back into the processor's caches and is thrown away.
      for (let round = -1; round < rounds; round++) {
        for (const peer of peers) {
          const { ns } = await workers.get(peer)!.ask({ id });
          if (round >= 0) samples[peer]!.push(ns);
        }
      }
      result[id] = samples;
    }
    return result;
  } finally {
    for (const worker of workers.values()) worker.end();
  }
}

/** Takes samples again and again, as of fresh processes, and puts those of each case together. */
export async function sampleAgain(
  times: number,
  sample: () => Promise<Readonly<Record<string, Samples>>>,
): Promise<Record<string, Samples>> {
  const all: Record<string, Record<string, number[]>> = {};
  for (let i = 0; i < times; i++) {
    for (const [id, peers] of Object.entries(await sample())) {
      for (const [peer, list] of Object.entries(peers)) ((all[id] ??= {})[peer] ??= []).push(...list);
    }
  }
  return all;
}

/** How many times as fast ours is: the median of the rounds, each of which compares neighbours in time. */
export function speedup(samples: Samples, ours: string, peer: string): number {
  return median(samples[ours]!.map((ns, round) => samples[peer]![round]! / ns));
}
