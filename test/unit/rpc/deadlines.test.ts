import fc from "fast-check";
import { expect, test } from "vitest";
import { Deadlines, type Timed } from "../../../runtime/typescript/src/rpc/deadlines.js";
import { ManualClock } from "../../suites/manual-clock.js";

interface Entry extends Timed {
  firedMs: number | undefined;
}

function entry(deadlineMs: number, clock: ManualClock): Entry {
  return {
    deadlineMs,
    timedIndex: -1,
    firedMs: undefined,
    onDeadline() {
      expect(this.timedIndex).toBe(-1);
      expect(this.firedMs).toBeUndefined();
      this.firedMs = clock.monotonicMs();
    },
  };
}

test("each deadline is told once, in time, unless it was removed", () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ remove: fc.nat() }),
    fc.record({ pass: fc.integer({ min: 1, max: 20 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const clock = new ManualClock();
      const deadlines = new Deadlines(clock);
      const live = new Set<Entry>();
      const all: Entry[] = [];
      for (const one of steps) {
        if ("add" in one) {
          const added = entry(clock.monotonicMs() + one.add, clock);
          deadlines.add(added);
          live.add(added);
          all.push(added);
        } else if ("remove" in one) {
          const removed = all[one.remove % Math.max(1, all.length)];
          if (removed === undefined) continue;
          deadlines.remove(removed);
          if (removed.firedMs === undefined) live.delete(removed);
        } else {
          clock.advance(one.pass);
        }
        expect(clock.pending).toBeLessThanOrEqual(1);
        for (const { deadlineMs, firedMs } of live) {
          if (firedMs === undefined) expect(deadlineMs).toBeGreaterThanOrEqual(clock.monotonicMs() - 0);
          else expect(firedMs).toBe(deadlineMs);
        }
      }
      clock.advance(100);
      for (const one of all) expect(one.firedMs === undefined).toBe(!live.has(one));
      expect(clock.pending).toBe(0);
    }),
    { seed: 7 },
  );
});

test("close tells nobody, and forgets all", () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const one = entry(clock.monotonicMs() + 5, clock);
  deadlines.add(one);
  deadlines.close();
  clock.advance(100);
  expect([one.firedMs, one.timedIndex, clock.pending]).toEqual([undefined, -1, 0]);
});

test("time from now on counts from when the promise jobs that are due have run, for many at once", async () => {
  const step = fc.oneof(
    fc.record({ addFromNow: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ add: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ remove: fc.nat() }),
    fc.record({ turn: fc.integer({ min: 0, max: 20 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new ManualClock();
      const deadlines = new Deadlines(clock);
      /** By entry: when it has to be told; those that were removed are not. */
      const due = new Map<Entry, number>();
      const all: Entry[] = [];
      for (const one of steps) {
        if ("remove" in one) {
          const removed = all[one.remove % Math.max(1, all.length)];
          if (removed === undefined) continue;
          deadlines.remove(removed);
          if (removed.firedMs === undefined) due.delete(removed);
        } else if ("turn" in one) {
          // No time passes before: it is as if all of a turn were added at once.
          await Promise.resolve();
          clock.advance(one.turn);
        } else {
          const timeoutMs = "add" in one ? one.add : one.addFromNow;
          const atMs = clock.monotonicMs() + timeoutMs;
          const added = entry("add" in one ? atMs : Number.NaN, clock);
          if ("add" in one) deadlines.add(added);
          else deadlines.addFromNow(added, timeoutMs);
          due.set(added, atMs);
          all.push(added);
        }
      }
      await Promise.resolve();
      clock.advance(100);
      for (const one of all) expect(one.firedMs).toBe(due.get(one));
      expect(clock.pending).toBe(0);
    }),
  );
});

test("who is closed before the time of many is known tells none", async () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const entries = [1, 2, 3].map(() => entry(Number.NaN, clock));
  for (const one of entries) deadlines.addFromNow(one, 5);
  deadlines.close();
  await Promise.resolve();
  clock.advance(100);
  expect(entries.map(({ firedMs, timedIndex }) => [firedMs, timedIndex])).toEqual(entries.map(() => [undefined, -1]));
});

test("what a deadline leads to may add and remove others", () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const at = clock.monotonicMs() + 10;
  const removed = entry(at, clock);
  const added = entry(at + 5, clock);
  const first: Timed = {
    deadlineMs: at - 1,
    timedIndex: -1,
    onDeadline() {
      deadlines.remove(removed);
      deadlines.add(added);
    },
  };
  deadlines.add(removed);
  deadlines.add(first);
  clock.advance(100);
  expect([removed.firedMs, added.firedMs]).toEqual([undefined, at + 5]);
});

test("a deadline beyond what platform timers take", () => {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const one = entry(clock.monotonicMs() + 2 ** 33, clock);
  deadlines.add(one);
  clock.advance(2 ** 33 - 1);
  expect(one.firedMs).toBeUndefined();
  clock.advance(1);
  expect(one.firedMs).toBeDefined();
});
