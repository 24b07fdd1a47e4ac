// Random expressions on random messages: the same outcome as in protovalidate, compiled as well as run by @bufbuild/cel.
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { celRequest, loadCel } from "../support/cel.js";
import { ruledInitOf } from "../support/ruled.js";
import { randomExpression } from "./cel-random.js";
import { comparer, schemaOf, schemaPath } from "./cel-schema.js";

const count = Number(process.env["PROPERTY_RUNS"] ?? 12);
const seed = Number(process.env["CEL_SEED"] ?? Date.now() & 0xffffff);

it.each(["compiled", "run by @bufbuild/cel"])(
  `gives what protovalidate gives, %s (CEL_SEED=${seed})`,
  async (way) => {
    const expressions = fc.sample(randomExpression, { seed, numRuns: count });
    // What no comparison with a map can change is left to @bufbuild/cel.
    const given =
      way === "compiled" ? expressions : expressions.map((one) => `{'a': 1} == {'a': 1} ? (${one}) : (${one})`);
    const modules = await loadCel(celRequest({ [schemaPath]: schemaOf(given) }));
    if (way !== "compiled") expect(modules.notes).toHaveLength(count);
    const compare = comparer(modules);
    const { desc } = [...modules.messages.values()][0]!;
    const inits = [{}, ...fc.sample(ruledInitOf(desc, modules.registry), { seed, numRuns: 12 })];
    for (const [i, expression] of given.entries()) {
      if (!modules.messages.has(`cel.diff.M${i}`)) continue;
      for (const init of inits) {
        const { ours, theirs } = compare(`cel.diff.M${i}`, init);
        expect(ours, `${expression}\non ${fc.stringify(init)}`).toEqual(theirs);
      }
    }
  },
  120_000,
);
