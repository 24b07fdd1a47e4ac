import fc from "fast-check";
import { expect, test } from "vitest";
import { type Due, Rounds, roundsOf } from "../../../runtime/typescript/src/session/rounds.js";
import { ManualClock } from "../../suites/manual-clock.js";

const intervalMs = 6_400;
const partMs = intervalMs / 64;

/** Notes when it was due. */
class Noted implements Due {
  next: Due | undefined;
  previous: Due | undefined;
  place = -1;
  readonly at: number[] = [];
  readonly #clock: ManualClock;
  readonly #then: () => void;

  constructor(clock: ManualClock, then: () => void = () => {}) {
    this.#clock = clock;
    this.#then = then;
  }

  onDue(): void {
    this.at.push(this.#clock.monotonicMs());
    this.#then();
  }
}

test("everything is due in its time, a part of the interval late at most, by one timer, unless it was removed", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("add" as const), delayMs: fc.nat({ max: intervalMs }) }),
    fc.record({ do: fc.constant("remove" as const), which: fc.nat({ max: 30 }) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.nat({ max: 3_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new ManualClock();
      const rounds = new Rounds(clock, intervalMs);
      const waiting: { due: Noted; fromMs: number }[] = [];
      const removed: { due: Noted; times: number }[] = [];
      for (const one of steps) {
        if (one.do === "add") {
          const due = new Noted(clock);
          waiting.push({ due, fromMs: clock.monotonicMs() + one.delayMs });
          rounds.add(due, one.delayMs);
        } else if (one.do === "remove" && one.which < waiting.length) {
          const { due } = waiting.splice(one.which, 1)[0]!;
          rounds.remove(due);
          removed.push({ due, times: due.at.length });
        } else if (one.do === "wait") {
          clock.advance(one.ms);
        }
        const open = waiting.filter(({ due }) => due.at.length === 0);
        expect(clock.pending).toBe(open.length === 0 ? 0 : 1);
        for (const { fromMs } of open) expect(clock.monotonicMs()).toBeLessThan(fromMs + partMs + 1);
      }
      clock.advance(2 * intervalMs);
      for (const { due, fromMs } of waiting) {
        expect(due.at).toHaveLength(1);
        expect(due.at[0]).toBeGreaterThanOrEqual(fromMs);
        expect(due.at[0]).toBeLessThanOrEqual(fromMs + partMs + 1);
      }
      for (const { due, times } of removed) expect(due.at).toHaveLength(times);
      expect(clock.pending).toBe(0);
    }),
  );
});

test("what waits again while it is looked at comes once for each time, also in a process that was stopped", () => {
  const clock = new ManualClock();
  const rounds = new Rounds(clock, intervalMs);
  const all = Array.from({ length: 100 }, () => {
    const due: Noted = new Noted(clock, () => rounds.add(due, intervalMs));
    return due;
  });
  for (const [i, due] of all.entries()) rounds.add(due, i * 64);
  clock.jump(20 * intervalMs);
  expect(new Set(all.map(({ at }) => at.length))).toEqual(new Set([1]));
  clock.advance(3 * (intervalMs + partMs));
  expect(Math.min(...all.map(({ at }) => at.length))).toBe(4);
  for (const due of all) rounds.remove(due);
  expect(clock.pending).toBe(0);
});

test("one that is removed by another that is due at the same time is not looked at", () => {
  const clock = new ManualClock();
  const rounds = new Rounds(clock, intervalMs);
  const [one, other]: Noted[] = [
    new Noted(clock, () => rounds.remove(other!)),
    new Noted(clock, () => rounds.remove(one!)),
  ];
  rounds.add(one!, 500);
  rounds.add(other!, 500);
  clock.advance(intervalMs);
  expect([...one!.at, ...other!.at]).toHaveLength(1);
});

test("one that throws leaves the others to the next timer", () => {
  const clock = new ManualClock();
  const rounds = new Rounds(clock, intervalMs);
  const failing = new Noted(clock, () => {
    throw new Error("failed");
  });
  const others = [new Noted(clock), new Noted(clock)];
  for (const due of [others[0]!, failing, others[1]!]) rounds.add(due, 500);
  expect(() => clock.advance(1_000)).toThrow("failed");
  clock.advance(0);
  expect([failing, ...others].map(({ at }) => at.length)).toEqual([1, 1, 1]);
  expect(clock.pending).toBe(0);
});

test("a clock has rounds for each interval", () => {
  const clock = new ManualClock();
  expect(roundsOf(clock, 5)).toBe(roundsOf(clock, 5));
  expect(roundsOf(clock, 5)).not.toBe(roundsOf(clock, 6));
  expect(roundsOf(clock, 5)).not.toBe(roundsOf(new ManualClock(), 5));
});
