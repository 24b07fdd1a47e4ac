// Random messages of a tree through our codecs and protobuf-es, as the differential tests do with random schemas.
import { clone, create, createFileRegistry } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { codecs } from "../differential/codec.js";
import { loadSchema } from "../differential/load.js";
import { Messages } from "../differential/messages.js";
import type { Schema } from "../differential/schema/schema.js";
import { filesToGenerate } from "./generated.js";
import { type Tree, withImports } from "./trees.js";

/** How far a run came. */
export interface RoundTrips {
  readonly messages: number;
  readonly cases: number;
}

/**
 * Encodes and decodes random messages of every type, and bytes that are none.
 *
 * @param wanted files of the tree; those that they import are tried too.
 * @throws Error with the type and the shrunk input where two sides differ.
 */
export async function tryRoundTrips(tree: Tree, wanted: readonly string[], seed: number): Promise<RoundTrips> {
  const generated = new Set(filesToGenerate(tree));
  const all = withImports(tree, wanted).files;
  const files = all.filter(({ name }) => generated.has(name));
  const schema: Schema = {
    seed,
    files,
    registry: createFileRegistry(create(FileDescriptorSetSchema, { file: [...all] })),
    request: (parameter) =>
      create(CodeGeneratorRequestSchema, {
        parameter,
        fileToGenerate: files.map(({ name }) => name),
        protoFile: all.map((file) => clone(FileDescriptorProtoSchema, file)),
      }),
  };
  const trials = codecs.prepare(await loadSchema(schema, codecs.emit), new Messages());
  let cases = 0;
  for (const { desc, inputs, check } of trials.map((trial) => ({ ...trial, check: trial.check.bind(trial) }))) {
    const result = fc.check(
      fc.property(inputs, (input) => {
        cases += check(input);
      }),
      { numRuns: 2, seed },
    );
    if (result.failed) {
      const { errorInstance, counterexample } = result;
      const input = fc.stringify(counterexample);
      throw new Error(`${desc.typeName}: ${String(errorInstance)}; seed ${seed}, input ${input}`, {
        cause: errorInstance,
      });
    }
  }
  return { messages: trials.length, cases };
}
