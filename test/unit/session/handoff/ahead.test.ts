import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Ahead } from "../../../../runtime/typescript/src/session/handoff/ahead.js";

test("a call is far ahead with two regions and 4 MiB out, whatever was freed in which order, and others are not", () => {
  const step = fc.record({ call: fc.nat(2), bytes: fc.integer({ min: 1, max: 3_000_000 }), free: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ahead = new Ahead();
      const calls = [{}, {}, {}];
      const out: number[][] = [[], [], []];
      for (const { call, bytes, free } of steps) {
        const list = out[call]!;
        const freed = free ? list.splice(bytes % (list.length + 1), 1)[0] : undefined;
        if (freed !== undefined) ahead.delete(calls[call]!, freed);
        if (!free) ahead.add(calls[call]!, list[list.push(bytes) - 1]!);
        for (const [i, regions] of out.entries()) {
          const sum = regions.reduce((a, b) => a + b, 0);
          expect(ahead.isFar(calls[i]!)).toBe(regions.length >= 2 && sum >= 4_194_304);
        }
      }
      ahead.clear();
      expect(calls.some((call) => ahead.isFar(call))).toBe(false);
    }),
  );
});
