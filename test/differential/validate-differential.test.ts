import { describe, expect, it } from "vitest";
import { fuzzSeed } from "../fuzz/random.js";
import { standardRules } from "../support/validate-standard.js";
import { runDifferential } from "./validate-differential.js";

/** `npm run fuzz:validate` runs more of them: VALIDATE_CASES and FUZZ_SEED, as a failure prints it. */
const cases = Number(process.env["VALIDATE_CASES"] ?? 15_000);

describe("generated validators", () => {
  it(`find what protovalidate finds, in ${cases} random messages`, { timeout: 60_000 + cases }, () => {
    const seed = fuzzSeed();
    const start = performance.now();
    const { tally, disagreement } = runDifferential(seed, cases);
    const seconds = (performance.now() - start) / 1000;
    const rate = Math.round(tally.cases / seconds);
    console.log(
      `FUZZ_SEED=${seed}: ${tally.cases} cases of ${tally.schemas} schemas, ${tally.invalid} invalid, ${rate} a second`,
    );
    if (disagreement !== undefined) {
      const { source, ...rest } = disagreement;
      console.log(source);
      expect(rest.actual, `FUZZ_SEED=${seed} ${JSON.stringify(rest, replacer, 2)}`).toEqual(rest.expected);
    }
    expect(disagreement).toBeUndefined();
    if (cases >= 500_000) {
      const unbroken = standardRules.flatMap(({ ruleIds }) => ruleIds).filter((id) => !tally.ruleIds.has(id));
      // Patterns have tests of their own, against RE2.
      expect(unbroken.filter((id) => id !== "bytes.pattern")).toEqual([]);
    }
    // Messages that all break a rule, or never, would test little.
    expect(tally.invalid).toBeGreaterThan(cases / 10);
    expect(tally.invalid).toBeLessThan(cases);
  });
});

function replacer(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return [...value];
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
