// The worker's side of `workers.ts`.
import type { Answer, Question } from "./workers.js";

/** One case: an operation on each of some inputs in turn. */
export interface Case {
  readonly operation: (input: never) => unknown;
  /** A power of two of them. */
  readonly inputs: readonly unknown[];
}

const sampleMs = 15;
/** Operations in a sample at least: one that takes long may leave its garbage to the next. */
const leastTimes = 10;
const warmMs = 900;

/** Runs the operation so many times; what it returned last is returned, so that the work cannot be left out. */
type Loop = (times: number) => unknown;

/**
 * A loop of its own for each case. One loop for all would know none of the operations it calls, and its calls would cost
 * small operations more than large ones; in a program each place that encodes knows what.
 */
function makeLoop({ operation, inputs }: Case): Loop {
  const body = "let last; for (let i = 0; i < times; i++) last = operation(inputs[i & mask]); return last;";
  // oxlint-disable-next-line typescript/no-implied-eval -- only new source text gives a function with feedback of its own.
  const make = new Function("operation", "inputs", "mask", `return (times) => { ${body} };`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what the text above says.
  return make(operation, inputs, inputs.length - 1) as Loop;
}

/** Warms up all cases, in turns so that the compiler sees them mixed as in a program, then answers the parent. */
export function answerQuestions(cases: ReadonlyMap<string, Case>): void {
  const loops = new Map([...cases].map(([id, one]) => [id, { loop: makeLoop(one), times: 1 }]));
  for (let turn = 0; turn < 3; turn++) {
    for (const one of loops.values()) {
      const end = performance.now() + warmMs / 3;
      while (performance.now() < end) {
        const start = performance.now();
        one.loop(one.times);
        const spent = performance.now() - start;
        if (spent < sampleMs / 2) one.times *= 2;
        else one.times = Math.max(leastTimes, Math.round((one.times * sampleMs) / spent));
      }
    }
  }
  process.on("message", ({ id }: Question) => {
    const { loop, times } = loops.get(id)!;
    const start = performance.now();
    loop(times);
    const ns = ((performance.now() - start) * 1e6) / times;
    process.send!({ ns } satisfies Answer);
  });
  process.send!({ ns: 0 } satisfies Answer);
}
