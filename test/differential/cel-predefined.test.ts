// Custom and predefined rules on fields, items, keys and values, beside standard ones: the violations of protovalidate
// in its order. The schemas are those of the golden cases.
import { create } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cases, compile } from "../golden/case.js";
import { type CelModules, loadCel } from "../support/cel.js";
import { ruledInitOf } from "../support/ruled.js";
import { comparer } from "./cel-schema.js";

const golden = cases.filter((one) => one.name === "cel" || one.name === "cel-predefined");
const typeNames = ["cel.v1.Event", "cel.v1.Left", "predefined.v1.Note"];

let loaded: readonly CelModules[];
beforeAll(async () => {
  loaded = await Promise.all(
    golden.map(async (one) => loadCel({ ...compile(one), parameter: "emit=codec+validate,import_extension=js" })),
  );
}, 60_000);

const special: Readonly<Record<string, readonly object[]>> = {
  "cel.v1.Event": [
    {
      labels: { id: "x", ["__proto__"]: "", Name: "a value of more than 20" },
      room: "S",
      emails: ["a@example.com", "b@c.d"],
    },
    { kind: 1, host: { name: "h", email: "h@x" }, guests: [{ email: "h@x", seats: 4 }], most: 2, price: 5n },
    { kind: 1, most: 3, price: -7n, place: { case: "address", value: "x" }, end: { seconds: 86_401n } },
    { most: 1000, place: { case: "link", value: "not a uri" }, guests: [{ email: "a" }, { email: "a" }] },
  ],
  "cel.v1.Left": [
    { name: " a", size: 1, one: { name: "x" }, other: { name: "x" }, details: { title: "" }, extras: [{}] },
    { name: "b", size: 2, one: {}, details: { title: "x" }, extras: [{ typeUrl: "type.googleapis.com/cel.v1.Guest" }] },
    { name: "a", size: 1, other: { name: "y" }, details: {} },
  ],
  "predefined.v1.Note": [
    {
      title: "x",
      pages: -3,
      score: 9,
      tags: ["a", "BBBBB", "c"],
      color: 1,
      at: { seconds: 999n },
      entries: { 7: "a b", 8: "" },
    },
    {
      title: "ALL BAD WORDS HERE, AND MANY OF THEM",
      pages: 10,
      score: 1.5,
      tags: ["A", "B"],
      color: 0,
      at: { seconds: 1000n },
    },
    { title: "AN OK", pages: 3, score: Number.NaN, color: 5, entries: { 9: "one", 10: "two words" } },
    { title: "C D E F", pages: -5, score: 0.5, tags: Array.from({ length: 7 }, () => "lower") },
  ],
};

describe.each(typeNames)("%s", (typeName) => {
  it("breaks the same rules as in protovalidate", () => {
    const modules = loaded.find((one) => one.messages.has(typeName))!;
    const { desc } = modules.messages.get(typeName)!;
    const compare = comparer(modules);
    const check = (init: object): void => {
      const { ours, theirs } = compare(typeName, init);
      expect(ours, fc.stringify(init)).toEqual(theirs);
    };
    for (const init of [{}, ...special[typeName]!]) check(init);
    fc.assert(fc.property(ruledInitOf(desc, modules.registry), check), { numRuns: 60 });
  });

  it("is tried with messages that break each of its rules", () => {
    const modules = loaded.find((one) => one.messages.has(typeName))!;
    const { desc, validate } = modules.messages.get(typeName)!;
    const source = [...modules.sources].find(([name]) => name.endsWith("_validate.ts"))![1];
    const seen = new Set<string>();
    const inits = [...special[typeName]!, ...fc.sample(ruledInitOf(desc, modules.registry), { numRuns: 300, seed: 3 })];
    for (const init of inits) {
      try {
        for (const { ruleId } of validate(create(desc, init as Record<string, unknown>)) ?? []) seen.add(ruleId);
      } catch {
        // A rule that cannot be decided.
      }
    }
    const ids = [...seen].filter((id) => source.includes(id));
    expect(ids.length).toBeGreaterThanOrEqual(
      { "cel.v1.Event": 10, "cel.v1.Left": 3, "predefined.v1.Note": 12 }[typeName]!,
    );
  });
});
