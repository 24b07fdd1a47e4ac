import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Call } from "../../../runtime/typescript/src/session/call.js";
import { Line } from "../../../runtime/typescript/src/session/line.js";

class Waiting extends Call {
  constructor(id: number, priority: 0 | 1 | 2 | 3) {
    super();
    this.id = id;
    this.priority = priority;
  }
  override onMessage(): void {}
  override onFailed(): void {}
}

/** The ids of the calls in the order they are served, each of which waits again at once. */
function serve(line: Line, times: number): number[] {
  return Array.from({ length: times }, () => {
    const call = line.take()!;
    line.add(call);
    return call.id;
  });
}

describe("calls that wait for the connection", () => {
  test("of one priority have a turn each", () => {
    const line = new Line();
    for (const id of [1, 2, 3]) line.add(new Waiting(id, 0));
    expect(serve(line, 7)).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  test("of a higher priority have more turns, and none waits for ever", () => {
    const line = new Line();
    for (const priority of [0, 1, 2, 3] as const) line.add(new Waiting(priority, priority));
    const served = serve(line, 150);
    const turns = [0, 1, 2, 3].map((priority) => served.filter((id) => id === priority).length);
    expect(turns).toEqual([10, 20, 40, 80]);
    for (let from = 0; from + 15 <= served.length; from += 15) expect(served.slice(from, from + 15)).toContain(0);
  });

  test("alone have all turns", () => {
    const line = new Line();
    line.add(new Waiting(5, 0));
    expect(serve(line, 20)).toEqual(Array.from({ length: 20 }, () => 5));
  });

  test("are in line once, and can leave it", () => {
    const step = fc.record({
      what: fc.constantFrom("add", "delete", "take"),
      id: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const line = new Line();
        const calls = Array.from({ length: 6 }, (_, id) => new Waiting(id, (id % 4) as 0 | 1 | 2 | 3));
        const model = new Set<number>();
        for (const { what, id } of steps) {
          if (what === "add") {
            line.add(calls[id]!);
            model.add(id);
          } else if (what === "delete") {
            line.delete(calls[id]!);
            model.delete(id);
          } else {
            const taken = line.take();
            expect(taken === undefined).toBe(model.size === 0);
            if (taken !== undefined) expect(model.delete(taken.id)).toBe(true);
          }
          expect(line.size).toBe(model.size);
        }
      }),
    );
  });
});
