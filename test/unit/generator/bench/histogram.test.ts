import fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram } from "../../../../generator/bench/histogram.js";

test("percentiles are those of the times themselves, within one percent", () => {
  const times = fc.array(fc.double({ min: 0.001, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 });
  const parts = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(times, parts, (all, part) => {
      const histogram = new Histogram();
      for (const ms of all) histogram.record(ms);
      const sorted = all.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(0, Math.ceil(part * all.length) - 1)]!;
      expect(Math.abs(histogram.percentile(part) / exact - 1)).toBeLessThan(0.01);
      expect([histogram.count, histogram.min, histogram.max]).toEqual([all.length, sorted[0], sorted.at(-1)]);
      expect(histogram.mean).toBeCloseTo(all.reduce((sum, ms) => sum + ms, 0) / all.length, 6);
    }),
  );
});

test("nothing recorded, and times outside the range", () => {
  const histogram = new Histogram();
  expect([histogram.percentile(0.5), histogram.mean, histogram.min, histogram.max]).toEqual([0, 0, 0, 0]);
  histogram.record(0);
  histogram.record(1e12);
  expect([histogram.percentile(0), histogram.max]).toEqual([expect.closeTo(0.001, 4), 1e12]);
});
