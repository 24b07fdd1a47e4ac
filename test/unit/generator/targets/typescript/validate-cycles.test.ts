import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessagePlan } from "../../../../../generator/model/checks/check.js";
import type { MessageModel } from "../../../../../generator/model/model.js";
import { findCircles } from "../../../../../generator/targets/typescript/validate-cycles.js";

/** Plans of messages that hold others: `holds[i]` lists those that message i holds. */
function plansOf(holds: readonly (readonly number[])[]): MessagePlan[] {
  const messages = holds.map((_, i) => ({ fullName: `M${i}` }) as MessageModel);
  return holds.map((held, i) => {
    const fields = held.map((one) => ({ value: { nested: messages[one], checks: [], unlessZero: false } }));
    return { message: messages[i], fields, groups: [], oneofs: [] } as unknown as MessagePlan;
  });
}

describe("findCircles", () => {
  it("puts messages together that can hold each other", () => {
    const graph = fc.integer({ min: 1, max: 7 }).chain((size) => {
      const held = fc.array(fc.nat({ max: size - 1 }), { maxLength: 3 });
      return fc.array(held, { minLength: size, maxLength: size });
    });
    fc.assert(
      fc.property(graph, (holds) => {
        const reach = holds.map((held) => new Set(held));
        for (const _ of holds) {
          for (const set of reach) for (const one of set) for (const next of holds[one]!) set.add(next);
        }
        const plans = plansOf(holds);
        const circles = findCircles(plans);
        for (const [i, a] of plans.entries()) {
          expect(circles.has(a.message)).toBe(reach[i]!.has(i));
          for (const [j, b] of plans.entries()) {
            const together = i === j ? reach[i]!.has(i) : reach[i]!.has(j) && reach[j]!.has(i);
            const same = circles.has(a.message) && circles.get(a.message) === circles.get(b.message);
            expect(same).toBe(together);
          }
        }
      }),
    );
  });
});
