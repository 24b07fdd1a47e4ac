import fc from "fast-check";
import { expect, test } from "vitest";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { type CachedPair, pairCached, publish, ttlMs } from "../../suites/cached.js";
import { turns } from "../../suites/raw-end.js";

/** One call as the plugin sees it. */
interface NaiveCall {
  readonly key: string;
  readonly waiting: { readonly id: number; readonly deadlineMs: number }[];
  deadlineMs: number;
  open: boolean;
}

/** What a cache does, in the plainest words: a list of calls, one of kept answers, and the outcome of every request. */
class Naive {
  nowMs = 0;
  readonly calls: NaiveCall[] = [];
  readonly outcomes: (string | undefined)[] = [];
  #kept: { readonly key: string; readonly value: string; readonly untilMs: number }[] = [];
  /** Calls that others may join, and whose answers will be kept. */
  #current: NaiveCall[] = [];

  request(key: string, timeoutMs: number, use: "use" | "refresh" | "skip"): void {
    const id = this.outcomes.length;
    this.outcomes.push(undefined);
    const kept = this.#kept.find((one) => one.key === key && one.untilMs > this.nowMs);
    if (use === "use" && kept !== undefined) {
      this.outcomes[id] = kept.value;
      return;
    }
    const waiting = { id, deadlineMs: this.nowMs + timeoutMs };
    const flying = this.#current.find((call) => call.key === key);
    if (use === "use" && flying !== undefined) {
      flying.waiting.push(waiting);
      return;
    }
    const call = { key, waiting: [waiting], deadlineMs: waiting.deadlineMs, open: true };
    this.calls.push(call);
    if (use === "skip") return;
    this.#current = this.#current.filter((one) => one.key !== key);
    this.#current.push(call);
  }

  leave(id: number, why: string): void {
    const call = this.calls.find(({ waiting }) => waiting.some((one) => one.id === id));
    if (call === undefined) return;
    this.outcomes[id] = why;
    call.waiting.splice(
      call.waiting.findIndex((one) => one.id === id),
      1,
    );
    if (call.waiting.length === 0) this.#close(call);
  }

  end(index: number, outcome: { readonly value?: string; readonly reason?: string }): void {
    const call = this.calls[index]!;
    if (!call.open) return;
    for (const { id } of call.waiting.splice(0)) this.outcomes[id] = outcome.value ?? outcome.reason;
    if (outcome.value !== undefined && this.#current.includes(call)) {
      this.#kept = this.#kept.filter(({ key }) => key !== call.key);
      this.#kept.push({ key: call.key, value: outcome.value, untilMs: this.nowMs + ttlMs });
    }
    this.#close(call);
  }

  invalidate(): void {
    this.#kept = [];
    this.#current = [];
  }

  /** A tenth of a second passes. */
  tick(): void {
    this.nowMs += 100;
    for (const call of this.calls.slice()) {
      if (!call.open) continue;
      for (const { id, deadlineMs } of call.waiting.slice())
        if (deadlineMs <= this.nowMs) this.leave(id, "DEADLINE_EXCEEDED");
      if (!call.open || call.deadlineMs > this.nowMs) continue;
      const longest = Math.max(...call.waiting.map(({ deadlineMs }) => deadlineMs));
      const again = { key: call.key, waiting: call.waiting.splice(0), deadlineMs: longest, open: true };
      this.calls.push(again);
      const place = this.#current.indexOf(call);
      if (place >= 0) this.#current[place] = again;
      call.open = false;
    }
  }

  #close(call: NaiveCall): void {
    call.open = false;
    this.#current = this.#current.filter((one) => one !== call);
  }
}

const request = fc.record({
  do: fc.constant("request" as const),
  key: fc.constantFrom("a", "b"),
  timeoutMs: fc.integer({ min: 1, max: 20 }).map((tenths) => 100 * tenths),
  use: fc.constantFrom("use" as const, "use" as const, "use" as const, "refresh" as const, "skip" as const),
});
const which = fc.nat();
const step = fc.oneof(
  { weight: 6, arbitrary: request },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("leave" as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("answer" as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("event" as const, "put" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), tenths: fc.integer({ min: 1, max: 12 }) }) },
);

/** Plays the steps against both and compares after each. */
async function play(pair: CachedPair, steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) {
  const { cached, clock } = pair;
  const naive = new Naive();
  const outcomes: (string | undefined)[] = [];
  const leaving: AbortController[] = [];
  const gets = () => pair.asked.filter(({ method }) => method === "Get");
  for (const one of steps) {
    switch (one.do) {
      case "request": {
        const id = outcomes.length;
        const leave = new AbortController();
        outcomes.push(undefined);
        leaving.push(leave);
        const options = { timeoutMs: one.timeoutMs, signal: leave.signal, cache: one.use };
        cached.get({ key: one.key }, options).then(
          ({ value }) => (outcomes[id] = value),
          (error: CrucibleError) => (outcomes[id] = error.reason),
        );
        naive.request(one.key, one.timeoutMs, one.use);
        break;
      }
      case "leave":
        if (leaving.length === 0) break;
        leaving[one.which % leaving.length]!.abort();
        naive.leave(one.which % leaving.length, "CANCELLED");
        break;
      case "answer":
      case "fail": {
        if (naive.calls.length === 0) break;
        const index = one.which % naive.calls.length;
        if (one.do === "answer") gets()[index]!.answer(`answer ${index}`);
        else gets()[index]!.fail(new CrucibleError("NOTE_LOCKED", "locked"));
        naive.end(index, one.do === "answer" ? { value: `answer ${index}` } : { reason: "NOTE_LOCKED" });
        break;
      }
      case "event":
        await publish(pair, "notes.inbox");
        naive.invalidate();
        break;
      case "put": {
        const put = cached.put({ key: "a" });
        await turns();
        pair.asked.at(-1)!.answer("done");
        await put;
        naive.invalidate();
        break;
      }
      case "wait":
        for (let i = 0; i < one.tenths; i++) {
          clock.advance(100);
          // Calls reach the plugin in the order in which they were made: each tick's before the next one's.
          await turns();
          naive.tick();
        }
        break;
    }
    await turns();
    expect(outcomes).toEqual(naive.outcomes);
    expect(gets().map(({ key }) => key)).toEqual(naive.calls.map(({ key }) => key));
    expect(pair.daemon.session.liveCalls).toBe(naive.calls.filter(({ open }) => open).length);
  }
}

test("serves, shares, keeps and forgets as a list of calls and a list of answers would", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const pair = pairCached();
      await play(pair, steps);
      pair.daemon.session.abort(new CrucibleError("PEER_LOST", "over"));
      await turns();
    }),
    { numRuns: 150 },
  );
});
