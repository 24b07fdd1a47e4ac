import fc from "fast-check";
import { expect, test } from "vitest";
import { answerOverheadBytes, AnswerSpace } from "../../../runtime/typescript/src/rpc/cache/answer-space.js";
import { ManualClock } from "../../suites/manual-clock.js";

/** The same as lists that are searched from end to end, the answer used last at the end. */
class NaiveSpace {
  readonly #maxBytes: number;
  readonly #shelfBytes: readonly number[];
  answers: { shelf: number; key: string; size: number; untilMs: number }[] = [];

  constructor(maxBytes: number, shelfBytes: readonly number[]) {
    this.#maxBytes = maxBytes;
    this.#shelfBytes = shelfBytes;
  }

  get(shelf: number, key: string, nowMs: number): number | undefined {
    const found = this.answers.find((one) => one.shelf === shelf && one.key === key);
    if (found === undefined) return undefined;
    this.answers = this.answers.filter((one) => one !== found);
    if (found.untilMs <= nowMs) return undefined;
    this.answers.push(found);
    return found.size;
  }

  set(shelf: number, key: string, size: number, untilMs: number): void {
    this.answers = this.answers.filter((one) => one.shelf !== shelf || one.key !== key);
    const answer = { shelf, key, size, untilMs };
    if (cost(answer) > this.#shelfBytes[shelf]! || cost(answer) > this.#maxBytes) return;
    while (this.bytes((one) => one.shelf === shelf) + cost(answer) > this.#shelfBytes[shelf]!) {
      this.answers.splice(
        this.answers.findIndex((one) => one.shelf === shelf),
        1,
      );
    }
    while (this.bytes() + cost(answer) > this.#maxBytes) this.answers.shift();
    this.answers.push(answer);
  }

  clear(shelf: number): void {
    this.answers = this.answers.filter((one) => one.shelf !== shelf);
  }

  bytes(of: (answer: { shelf: number }) => boolean = () => true): number {
    return this.answers.filter(of).reduce((sum, one) => sum + cost(one), 0);
  }
}

const cost = ({ key, size }: { key: string; size: number }): number => key.length + size + answerOverheadBytes;
const shelf = fc.nat({ max: 2 });
const key = fc.constantFrom("a", "bb", "ccc", "dddd", "eeeee");
/** Whole ones, for what has expired goes a second apart: then nothing that has expired is ever there. */
const seconds = fc.integer({ min: 1, max: 5 }).map((count) => 1_000 * count);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("get" as const), shelf, key }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("set" as const),
      shelf,
      key,
      size: fc.nat({ max: 1_500 }),
      ttlMs: seconds,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const), shelf }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: seconds }) },
);

test("keeps and displaces exactly what lists searched from end to end would, within its bytes", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 8_000 }), (steps, maxBytes) => {
      const clock = new ManualClock();
      const space = new AnswerSpace(clock, maxBytes);
      const shelfBytes = [1_200, 3_000, 20_000];
      const shelves = shelfBytes.map((bytes) => space.shelf(bytes));
      const naive = new NaiveSpace(maxBytes, shelfBytes);
      for (const one of steps) {
        switch (one.do) {
          case "get":
            expect(shelves[one.shelf]!.get(one.key)?.length).toBe(naive.get(one.shelf, one.key, clock.monotonicMs()));
            break;
          case "set":
            shelves[one.shelf]!.set(one.key, new Uint8Array(one.size), one.ttlMs);
            naive.set(one.shelf, one.key, one.size, clock.monotonicMs() + one.ttlMs);
            break;
          case "clear":
            shelves[one.shelf]!.clear();
            naive.clear(one.shelf);
            break;
          case "wait":
            clock.advance(one.ms);
            naive.answers = naive.answers.filter(({ untilMs }) => untilMs > clock.monotonicMs());
            break;
        }
        expect(space.bytes).toBe(naive.bytes());
        expect(space.bytes).toBeLessThanOrEqual(maxBytes);
      }
      clock.advance(10_000);
      expect([space.bytes, clock.pending]).toEqual([0, 0]);
    }),
    { numRuns: 500 },
  );
});
