import fc from "fast-check";
import { expect, test } from "vitest";
import { Call } from "../../../runtime/typescript/src/session/call.js";
import { CallTable } from "../../../runtime/typescript/src/session/call-table.js";

class Entry extends Call {
  override onMessage(): void {}
  override onFailed(): void {}
}

test("a table holds what a Map would, however far ids are apart", () => {
  const step = fc.record({
    gap: fc.constantFrom(1, 1, 1, 3, 64, 2048, 4096, 100_000),
    drop: fc.nat(),
    drops: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.constantFrom(4, 64), (steps, slots) => {
      const table = new CallTable(slots);
      const model = new Map<number, Call>();
      let id = 1;
      for (const { gap, drop, drops } of steps) {
        const call = new Entry();
        call.id = id += 2 * gap;
        table.add(call);
        model.set(call.id, call);
        for (let i = 0; i < drops && model.size > 0; i++) {
          const dropped = [...model.values()][drop % model.size]!;
          table.delete(dropped);
          table.delete(dropped);
          model.delete(dropped.id);
          expect(table.get(dropped.id)).toBeUndefined();
        }
        expect(table.size).toBe(model.size);
        expect(table.get(id + 2)).toBeUndefined();
      }
      for (const [key, call] of model) expect(table.get(key)).toBe(call);
      expect(new Set(table.all())).toEqual(new Set(model.values()));
    }),
    { seed: 11 },
  );
});
