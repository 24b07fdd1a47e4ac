// A slice of the run; `npm run test:differential` does the whole.
import { describe, expect, it } from "vitest";
import { codecs } from "./codec.js";
import { casesFromEnvironment, type Progress, runDifferential, schemaSeed, seedFromEnvironment } from "./run.js";
import { randomSchema } from "./schema/schema.js";

const cases = casesFromEnvironment(20_000);
/** Of how many cases a long run says that it is alive. */
const reportEvery = 500_000;

describe("codecs of random schemas", () => {
  it(
    "do what protobuf-es does",
    async () => {
      const seed = seedFromEnvironment();
      let reported = 0;
      const onProgress = (done: Progress): void => {
        if (done.cases < reported + reportEvery) return;
        reported = done.cases;
        console.log(`${summary(done)}, seed ${seed}`);
      };
      const done = await runDifferential(codecs, { seed, cases, onProgress });
      console.log(`${summary(done)}, seed ${seed}`);
      expect(done.cases).toBeGreaterThanOrEqual(cases);
    },
    60_000 + 2 * cases,
  );
});

describe("random schemas", () => {
  it("are the same for the same seed, and of every kind", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const seed = schemaSeed(1, i);
      const { files } = randomSchema(seed);
      const text = JSON.stringify(files, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
      expect(text).toBe(
        JSON.stringify(randomSchema(seed).files, (_, value: unknown) =>
          typeof value === "bigint" ? String(value) : value,
        ),
      );
      for (const file of files) {
        seen.add(file.syntax === "editions" ? `edition ${file.edition}` : file.syntax);
        if (file.extension.length > 0) seen.add("extensions");
        for (const { field, oneofDecl, nestedType } of file.messageType) {
          if (oneofDecl.length > 0) seen.add("oneofs");
          if (nestedType.some(({ options }) => options?.mapEntry)) seen.add("maps");
          for (const { type, label, proto3Optional, options, defaultValue } of field) {
            seen.add(`type ${type}`).add(`label ${label}`);
            if (proto3Optional) seen.add("optional");
            if (options?.jstype) seen.add("jstype");
            if (defaultValue) seen.add("defaults");
            if (options?.features?.messageEncoding) seen.add("delimited");
          }
        }
      }
    }
    expect([...seen].filter((fact) => fact.startsWith("type ")).length).toBe(18);
    const facts = [...seen].filter((fact) => !fact.startsWith("type "));
    expect(facts.toSorted()).toEqual(
      [
        ["proto2", "proto3", "edition 1000", "edition 1001", "label 1", "label 2", "label 3"],
        ["extensions", "oneofs", "maps", "optional", "jstype", "defaults", "delimited"],
      ]
        .flat()
        .toSorted(),
    );
  });
});

function summary({ cases: compared, schemas, messages }: Progress): string {
  return `${compared} cases, ${messages} messages of ${schemas} schemas`;
}
