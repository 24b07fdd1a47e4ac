// The table of rules in docs/validation.md: every rule of buf/validate/validate.proto, each with a golden case that states it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  FieldRulesSchema,
  MessageRulesSchema,
  OneofRulesSchema,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { beforeAll, expect, it } from "vitest";
import { standardRules } from "../support/validate-standard.js";
import { rulesUsed } from "../support/validate-used.js";
import { cases, compile, root } from "./case.js";

/** The rows of the table: rule, and the golden case beside it. */
const rows = [...readFileSync(join(root, "docs/validation.md"), "utf8").matchAll(tableRow())].map(
  ([, rule, goldenCase, target]) => ({ rule: rule!, goldenCase: goldenCase!, target: target! }),
);

function tableRow(): RegExp {
  return /^\| `([\w.]+)` +\| [^|]+ \| \[([\w-]+)\]\(([^)]+)\) +\| (?:random|conformance|RE2|—)[^|]*\|$/gm;
}

let used: ReadonlyMap<string, ReadonlySet<string>>;
beforeAll(async () => {
  const named = cases.filter(({ name }) => rows.some(({ goldenCase }) => goldenCase === name));
  const entries = named.map(async (one) => [one.name, rulesUsed(compile(one))] as const);
  used = new Map(await Promise.all(entries));
});

it("has every rule of the schema once", () => {
  const ofField = FieldRulesSchema.fields.filter(({ oneof }) => oneof === undefined).map(({ name }) => name);
  const ofMessage = MessageRulesSchema.fields.map(({ name }) => `message.${name}`);
  const ofOneof = OneofRulesSchema.fields.map(({ name }) => `oneof.${name}`);
  const known = [...ofField, ...ofMessage, ...ofOneof, ...standardRules.map(({ path }) => path)];
  expect(rows.map(({ rule }) => rule).toSorted()).toEqual(known.toSorted());
});

it("names a golden case that states the rule", () => {
  for (const { rule, goldenCase, target } of rows) {
    expect(target).toBe(`../golden/cases/${goldenCase}`);
    expect([...(used.get(goldenCase) ?? [])], `${rule} in golden/cases/${goldenCase}`).toContain(rule);
  }
});
