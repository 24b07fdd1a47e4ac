// The text of generated codecs: it compiles under the strictest options, and prettier has nothing to add.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import prettier from "prettier";
import { describe, expect, it } from "vitest";
import { generate } from "../../../generator/generate.js";
import { generateProtobufEs } from "../../golden/protobuf-es.js";
import { corpusRequest } from "../../support/corpus.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const request = corpusRequest("emit=codec");
const { file: codecs, error } = generate(request);

describe("the codecs of the corpus", () => {
  it("are there", () => {
    expect(error).toBe("");
    expect(codecs.map(({ name }) => name)).toEqual(
      ["edition2024", "editions", "inborn", "proto2", "proto3", "shared"].map((name) => `corpus/${name}_codec.ts`),
    );
  });

  it.each(codecs)("$name is as prettier would have it", async ({ content }) => {
    expect(await prettier.check(content, { parser: "typescript", printWidth: 120 })).toBe(true);
  });

  it.each(codecs)("$name imports nothing but types from protobuf-es", ({ content }) => {
    const imports = content.match(/^import [^;]*;$/gm) ?? [];
    const others = imports.filter(
      (line) => !line.includes("crucible-runtime/codegen/v1") && !line.includes("_codec.js"),
    );
    expect(others.filter((line) => !line.startsWith("import type "))).toEqual([]);
  });

  it("compile with the types of protobuf-es", () => {
    mkdirSync(join(root, ".cache"), { recursive: true });
    const dir = mkdtempSync(join(root, ".cache/typecheck-"));
    try {
      for (const { name, content } of [...codecs, ...generateProtobufEs(request).file]) {
        mkdirSync(dirname(join(dir, name)), { recursive: true });
        writeFileSync(join(dir, name), content);
      }
      writeFileSync(join(dir, "assignable.ts"), assignable);
      const config = {
        extends: relative(dir, join(root, "tsconfig.json")),
        compilerOptions: {
          noEmit: true,
          composite: false,
          incremental: false,
          types: ["node"],
          customConditions: ["crucible-source"],
        },
        include: ["."],
        references: [],
      };
      writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(config));
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const run = (): string => execFileSync(process.execPath, [tsc, "-p", dir], { encoding: "utf8" });
      expect(outputOf(run)).toBe("");
    } finally {
      rmSync(dir, { recursive: true });
    }
  }, 60_000);
});

/** What users write, and what they must not be able to write. */
const assignable = `
import { create } from "@bufbuild/protobuf";
import { Color, createChoices, createTree, encodeTree, encodeWellKnown, type TreeInit } from "./corpus/proto3_codec.js";
import { ChoicesSchema, Color as EsColor, type Tree, type WellKnown } from "./corpus/proto3_pb.js";
import { createRequired, encodeRequired, Level } from "./corpus/proto2_codec.js";

const init: TreeInit = { label: "a", children: [{ label: "b" }, createTree()], named: { a: {} }, kind: { case: "leaf", value: 1 } };
const tree: Tree = createTree(init);
encodeTree(tree);
encodeTree({ ...tree, kind: { case: undefined } });
encodeTree({ kind: {} } satisfies TreeInit);
const frozen: Readonly<TreeInit> & { readonly children: readonly TreeInit[] } = { children: [tree] };
encodeTree(frozen);
encodeWellKnown({ struct: { a: [1, "x", null] }, int64Value: 5n, timestamp: { seconds: 1n } });
const wellKnown: WellKnown["bytesValue"] = new Uint8Array(1);
const color: EsColor = Color.RED;
const other: Color = EsColor.RED;
create(ChoicesSchema, createChoices({ choice: { case: "color", value: Color.NEGATIVE } }));
encodeRequired(createRequired({ level: Level.LOW, text: undefined }));
// @ts-expect-error -- a number is no string.
encodeTree({ label: 1 });
// @ts-expect-error -- there is no such field.
encodeTree({ lable: "a" });
// @ts-expect-error -- the value does not fit the case.
encodeTree({ kind: { case: "leaf", value: "1" } });
// @ts-expect-error -- a message of another type.
encodeTree(createChoices());
// @ts-expect-error -- a closed enum has no such number.
createRequired({ level: 3 });
export { color, other, wellKnown };
`;

function outputOf(run: () => string): string {
  try {
    return run();
  } catch (error_) {
    return String((error_ as { stdout?: unknown }).stdout ?? error_);
  }
}
