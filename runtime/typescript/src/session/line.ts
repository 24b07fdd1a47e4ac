import type { Call } from "./call.js";

/** Turns that each priority has in a round: each has one at least, so that none waits for ever. */
const weights = [1, 2, 4, 8] as const;

/** Calls that could send a fragment, in line by priority: the higher one has more turns, and each call of it one in turn. */
export class Line {
  /** By priority; made when they are first needed, since most sessions have one or none. */
  readonly #calls: (Set<Call> | undefined)[] = [undefined, undefined, undefined, undefined];
  /** Turns that are left in this round. */
  readonly #turns: number[] = [...weights];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** At the end of the line, unless it is in it. */
  add(call: Call): void {
    const calls = (this.#calls[call.priority] ??= new Set());
    const before = calls.size;
    calls.add(call);
    this.#size += calls.size - before;
  }

  delete(call: Call): void {
    if (this.#calls[call.priority]?.delete(call) === true) this.#size--;
  }

  /** Takes the call whose turn it is out of the line. */
  take(): Call | undefined {
    if (this.#size === 0) return undefined;
    for (;;) {
      for (let priority = 3; priority >= 0; priority--) {
        const calls = this.#calls[priority];
        if (calls === undefined || calls.size === 0 || this.#turns[priority] === 0) continue;
        this.#turns[priority]!--;
        for (const call of calls) {
          this.delete(call);
          return call;
        }
      }
      for (const [priority, weight] of weights.entries()) this.#turns[priority] = weight;
    }
  }
}
