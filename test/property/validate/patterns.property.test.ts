// Patterns in generated validators, in each of the three ways: the violations that protovalidate finds, and an error where
// it has one.
import { create, type DescMessage } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import type { Validator } from "../../../runtime/typescript/src/validate/validator.js";
import { cases, compile } from "../../golden/case.js";
import { texts } from "../../support/patterns.js";
import { createReference, loadValidators } from "../../support/validators.js";

let desc: DescMessage;
let validate: Validator;
let reference: Validator;
beforeAll(async () => {
  const loaded = await loadValidators(compile(cases.find(({ name }) => name === "patterns")!));
  ({ desc, validate } = loaded.messages.get("patterns.v1.Patterns")!);
  const find = createReference(loaded.registry);
  reference = (init) => find(desc, create(desc, init as Record<string, unknown>));
});

/** What a validator says: violations, or that the bytes were no UTF-8. */
function outcome(validator: Validator, init: unknown): unknown {
  try {
    return validator(init);
  } catch (error) {
    if (error instanceof Error && error.message.includes("valid UTF-8")) return "no UTF-8";
    throw error;
  }
}

/** Texts near to what the patterns look for. */
const near = fc
  .array(
    fc.constantFrom(
      "a",
      "b",
      "aaa",
      "yes",
      "No",
      "end",
      "\n",
      " ",
      "@",
      ".",
      "-",
      "0",
      "É",
      "é",
      "x",
      "ababababababababababac",
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(""));
const whole = fc.constantFrom(
  "a-b",
  "aa",
  "ada@x.example",
  "yes",
  "NO",
  "x\nend",
  "Éva",
  "xababababababababababac",
  "07",
);
const text = fc.oneof({ arbitrary: near, weight: 3 }, texts, { arbitrary: whole, weight: 2 });
const bytes = fc.oneof(
  { arbitrary: text.map((one) => new TextEncoder().encode(one)), weight: 8 },
  fc.uint8Array({ maxLength: 4 }),
  fc.constant(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)),
);
const message = fc.record(
  {
    slug: text,
    nested: text,
    words: text,
    email: text,
    answer: text,
    lines: text,
    name: text,
    far: text,
    text: bytes,
    mixed: bytes,
    wrapped: bytes,
    parts: fc.array(bytes, { maxLength: 2 }),
    labels: fc.dictionary(text, text, { maxKeys: 2 }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const options = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 1000) };

it("says what protovalidate says", () => {
  const seen = new Set<unknown>();
  fc.assert(
    fc.property(message, (init) => {
      const expected = outcome(reference, init);
      const actual = outcome(validate, init);
      expect(actual).toEqual(expected);
      if (typeof actual === "string") seen.add(actual);
      const broken = (actual ?? []) as { fieldPath: string }[];
      for (const field of Object.keys(init)) {
        if (typeof actual !== "string" && !broken.some(({ fieldPath }) => fieldPath.startsWith(field))) seen.add(field);
      }
    }),
    options,
  );
  // Each pattern was matched, too: otherwise the texts have become too simple.
  for (const field of desc.fields) expect(seen).toContain(field.localName);
  expect(seen).toContain("no UTF-8");
});
