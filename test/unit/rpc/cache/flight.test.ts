import { describe, expect, test } from "vitest";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { pairCached } from "../../../suites/cached.js";
import { turns } from "../../../suites/raw-end.js";

const note = { key: "a", value: "" };
const outcome = (promise: Promise<{ value: string }>): Promise<string> =>
  promise.then(
    ({ value }) => value,
    (error: CrucibleError) => error.reason,
  );

describe("equal requests at one time", () => {
  test("share one call, and what comes of it", async () => {
    const { cached, asked, daemon } = pairCached();
    const calls = [1, 2, 3].map(() => outcome(cached.get(note)));
    await turns();
    expect(asked.length).toBe(1);
    expect(daemon.session.liveCalls).toBe(1);
    asked[0]!.fail(new CrucibleError("NOTE_LOCKED", "locked"));
    expect(await Promise.all(calls)).toEqual(["NOTE_LOCKED", "NOTE_LOCKED", "NOTE_LOCKED"]);
    const more = [1, 2].map(() => outcome(cached.get(note)));
    await turns();
    asked[1]!.answer("v");
    expect(await Promise.all(more)).toEqual(["v", "v"]);
  });

  test("do not count against the limit of calls; a call that cannot be made fails all", async () => {
    const { cached, asked } = pairCached({ maxCalls: 1 });
    const shared = [1, 2, 3].map(() => outcome(cached.get(note)));
    expect(await outcome(cached.get({ key: "b" }))).toBe("TOO_MANY_CALLS");
    await turns();
    asked[0]!.answer("v");
    expect(await Promise.all(shared)).toEqual(["v", "v", "v"]);
    const later = outcome(cached.get({ key: "b" }));
    await turns();
    asked[1]!.answer("w");
    expect(await later).toBe("w");
  });

  test("a caller that is cancelled leaves alone", async () => {
    const { cached, asked } = pairCached();
    const first = new AbortController();
    const left = outcome(cached.get(note, { signal: first.signal }));
    const stays = outcome(cached.get(note));
    await turns();
    first.abort();
    expect(await left).toBe("CANCELLED");
    await turns();
    expect(asked[0]!.cancelled).toBe(false);
    asked[0]!.answer("v");
    expect(await stays).toBe("v");
  });

  test("the call is cancelled when nobody waits for it, and the next one is new", async () => {
    const { cached, asked, daemon, clock } = pairCached();
    const leave = new AbortController();
    const waiting = [
      outcome(cached.get(note, { signal: leave.signal })),
      outcome(cached.get(note, { timeoutMs: 5_000 })),
      outcome(cached.get(note, { timeoutMs: 700 })),
    ];
    await turns();
    leave.abort();
    clock.advance(700);
    await turns();
    expect([asked.length, asked[0]!.cancelled]).toEqual([1, false]);
    clock.advance(4_300);
    await turns();
    expect(await Promise.all(waiting)).toEqual(["CANCELLED", "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
    expect(asked[0]!.cancelled).toBe(true);
    expect(daemon.session.liveCalls).toBe(0);
    const next = outcome(cached.get(note));
    await turns();
    asked[1]!.answer("v");
    expect(await next).toBe("v");
  });

  test("the call has the deadline of who opened it; whoever has longer gets a new one then", async () => {
    const { cached, asked, clock } = pairCached();
    const short = outcome(cached.get(note, { timeoutMs: 500 }));
    await turns();
    expect(asked[0]!.context.timeLeftMs).toBe(500);
    clock.advance(200);
    const long = outcome(cached.get(note, { timeoutMs: 1_000 }));
    const longer = outcome(cached.get(note, { timeoutMs: 2_000 }));
    clock.advance(300);
    await turns();
    expect(await short).toBe("DEADLINE_EXCEEDED");
    expect(asked.length).toBe(2);
    expect([asked[0]!.cancelled, asked[1]!.context.timeLeftMs]).toEqual([true, 1_700]);
    clock.advance(700);
    expect(await long).toBe("DEADLINE_EXCEEDED");
    asked[1]!.answer("late");
    expect(await longer).toBe("late");
    expect(await outcome(cached.get(note))).toBe("late");
    expect(asked.length).toBe(2);
  });

  test("also when who opened it has left before", async () => {
    const { cached, asked, clock } = pairCached();
    const leave = new AbortController();
    const first = outcome(cached.get(note, { timeoutMs: 500, signal: leave.signal }));
    const second = outcome(cached.get(note, { timeoutMs: 900 }));
    leave.abort();
    expect(await first).toBe("CANCELLED");
    clock.advance(500);
    await turns();
    asked[1]!.answer("v");
    expect(await second).toBe("v");
  });

  test("a handler's own DEADLINE_EXCEEDED is an answer like any other error", async () => {
    const { cached, asked } = pairCached();
    const both = [outcome(cached.get(note, { timeoutMs: 500 })), outcome(cached.get(note))];
    await turns();
    asked[0]!.fail(new CrucibleError("DEADLINE_EXCEEDED", "of something else"));
    expect(await Promise.all(both)).toEqual(["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
    expect(asked.length).toBe(1);
  });

  test("a method without deadline has none", async () => {
    const { cached, asked, clock } = pairCached();
    const calls = [outcome(cached.other(note)), outcome(cached.other(note, { timeoutMs: 100 }))];
    await turns();
    expect(asked[0]!.context.timeLeftMs).toBeUndefined();
    clock.advance(10_000);
    expect(await calls[1]).toBe("DEADLINE_EXCEEDED");
    asked[0]!.answer("v");
    expect(await calls[0]).toBe("v");
  });

  test("all fail with their session", async () => {
    const { cached, daemon } = pairCached();
    const calls = [outcome(cached.get(note)), outcome(cached.get(note))];
    await turns();
    daemon.session.abort(new CrucibleError("PEER_LOST", "gone"));
    expect(await Promise.all(calls)).toEqual(["PEER_LOST", "PEER_LOST"]);
  });

  test("leave no timer and no listener behind", async () => {
    const { cached, asked, clock } = pairCached();
    const before = clock.pending;
    const { signal } = new AbortController();
    const calls = [1, 2, 3].map(() => cached.get(note, { signal, timeoutMs: 100 }));
    await turns();
    asked[0]!.answer("v");
    await Promise.all(calls);
    clock.advance(3_000);
    expect(clock.pending).toBe(before);
  });
});
