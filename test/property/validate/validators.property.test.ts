// Generated validators find what protovalidate finds: the same violations in the same order.
import { create } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { planMessage } from "../../../generator/model/checks/plan.js";
import type { Model } from "../../../generator/model/model.js";
import type { Validator } from "../../../runtime/typescript/src/validate/validator.js";
import { cases, compile } from "../../golden/case.js";
import { ruledInitOf } from "../../support/ruled.js";
import { createReference, loadValidators, type RuledMessage, type Validators } from "../../support/validators.js";

const golden = cases.filter((one) => one.name === "validators" || one.name === "editions-validators");
const typeNames = (
  "Numbers Presence Colors Text Formats Bytes Collections Note Note.Source Tree Contact Wrapped Times Others Names " +
  "Names.Object Idle Masks Equals Nowhere Legacy Legacy.Part Edition"
)
  .split(" ")
  .map((name) => `validators.v1.${name}`);

// Their validators call each other in a circle, through which protovalidate loses rules; see the tests below.
const circle = ["Chicken", "Egg", "Farm"].map((name) => `validators.v1.${name}`);

let loaded: readonly Validators[];
beforeAll(async () => {
  loaded = await Promise.all(golden.map(async (one) => loadValidators(compile(one))));
});

/** A message with its validator, the request that it is of, and what protovalidate makes of it. */
function load(typeName: string): RuledMessage & { readonly of: Validators; readonly reference: Validator } {
  const of = loaded.find((one) => one.messages.has(typeName))!;
  const message = of.messages.get(typeName)!;
  const reference = createReference(of.registry);
  return {
    ...message,
    of,
    reference: (init) => reference(message.desc, create(message.desc, init as Record<string, unknown>)),
  };
}

const options = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 200) };

it("covers every message with a validator", () => {
  expect(loaded.flatMap((one) => [...one.messages.keys()]).toSorted()).toEqual(
    [...typeNames, ...circle, "shared.v1.Label"].toSorted(),
  );
});

describe.each(typeNames)("%s", (typeName) => {
  it("breaks the same rules as in protovalidate, as an init object and as a message", () => {
    const { desc, validate, of, reference } = load(typeName);
    fc.assert(
      fc.property(ruledInitOf(desc, of.registry), (init) => {
        const message = create(desc, init);
        const expected = reference(message);
        expect(validate(init)).toEqual(expected);
        expect(validate(message)).toEqual(expected);
      }),
      options,
    );
  });

  it("is tried with messages that break each of its rules", () => {
    const { desc, validate, of } = load(typeName);
    const missed = plannedRules(typeName, of.model);
    for (const init of fc.sample(ruledInitOf(desc, of.registry), { seed: 20, numRuns: 2000 })) {
      for (const { fieldPath, ruleId, rulePath } of validate(init) ?? []) {
        missed.delete(`${fieldPath.replaceAll(/\[.*\]/gs, "")} ${rulePath} ${ruleId}`);
      }
    }
    expect([...missed]).toEqual([]);
  });
});

/** Every rule of a message, as field, path and id. */
function plannedRules(typeName: string, model: Model): Set<string> {
  const message = model.files.flatMap((file) => file.allMessages).find((one) => one.fullName === typeName)!;
  const { fields } = planMessage(message, model, []);
  const rules = fields.flatMap((plan) => {
    const parts = [plan.value, plan.items, plan.keys, plan.values].filter((part) => part !== undefined);
    const checks = parts.flatMap((part) => part.checks.map((check) => ({ check, unlessZero: part.unlessZero })));
    const ids = checks.flatMap(({ check, unlessZero }) => [
      ...(check.test.kind === "empty" && unlessZero ? [] : [`${check.rulePath} ${check.ruleId}`]),
      ...(check.otherwise === undefined ? [] : [`${check.otherwise.rulePath} ${check.otherwise.ruleId}`]),
    ]);
    return [...ids, ...(plan.required ? ["required required"] : [])].map((id) => `${plan.field.name} ${id}`);
  });
  return new Set(rules);
}

/** A chicken that holds another one, by way of the farm. */
function chicken(inner: object): object {
  return { name: "ok", egg: { farm: { eggs: [{ chicken: inner }] } } };
}

describe("messages that hold each other", () => {
  it("keep their rules at any depth", () => {
    const { validate } = load("validators.v1.Chicken");
    expect(validate(chicken({ name: "much too long" }))).toEqual([
      {
        fieldPath: "egg.farm.eggs[0].chicken.name",
        rulePath: "string.max_len",
        ruleId: "string.max_len",
        message: "must be at most 3 characters",
        forKey: false,
      },
    ]);
    expect(validate(chicken(chicken({ name: "abc" })))).toBeUndefined();
  });

  it("are the one place where protovalidate finds less", () => {
    const { validate, reference } = load("validators.v1.Chicken");
    const init = { egg: { chicken: { name: "much too long" } } };
    expect(validate(init)).toHaveLength(1);
    // It drops the field `chicken` of Egg, whose rules it has not read yet when it looks for fields without rules.
    expect(reference(init)).toBeUndefined();
  });

  it("may nest as deep as what can be decoded, and no deeper", () => {
    const { validate } = load("validators.v1.Tree");
    const nest = (depth: number): object => (depth === 1 ? { name: "leaf" } : { name: "x", left: nest(depth - 1) });
    expect(validate(nest(100))).toBeUndefined();
    expect(() => validate(nest(101))).toThrow(expect.objectContaining({ reason: "ENCODE_INVALID" }));
    const endless: { name: string; children: object[] } = { name: "x", children: [] };
    endless.children.push(endless);
    expect(() => validate(endless)).toThrow(/in a circle/);
  });
});

it("needs nothing of Node", () => {
  const { desc, validate, of } = load("validators.v1.Formats");
  const inits = fc.sample(ruledInitOf(desc, of.registry), { seed: 1, numRuns: 100 });
  const expected = inits.map((init) => validate(init));
  const { Buffer, process } = globalThis;
  try {
    Object.assign(globalThis, { Buffer: undefined, process: undefined });
    const actual = inits.map((init) => validate(init));
    Object.assign(globalThis, { Buffer, process });
    expect(actual).toEqual(expected);
  } finally {
    Object.assign(globalThis, { Buffer, process });
  }
});
