// A schema goes through the generator, and what comes out is loaded without being written anywhere: types stripped, then run as
// functions, so that the modules of a million schemas can be collected as garbage.
import type { DescEnum, DescMessage } from "@bufbuild/protobuf";
import { transform } from "esbuild";
import { generate } from "../../generator/generate.js";
import { GeneratedCode } from "./modules.js";
import type { Schema } from "./schema/schema.js";

/** What the generator made of a schema. */
export interface LoadedSchema {
  readonly schema: Schema;
  /** Every message of its own files, nested ones included. */
  readonly messages: readonly DescMessage[];
  /** Every enum of its own files. */
  readonly enums: readonly DescEnum[];
  readonly code: GeneratedCode;
}

/**
 * Generates and loads.
 *
 * @param emit the kinds of files to generate, as the generator's option takes them.
 */
export async function loadSchema(schema: Schema, emit: string): Promise<LoadedSchema> {
  const response = generate(schema.request(`emit=${emit}`));
  if (response.error !== "") throw new Error(`the generator refuses the schema: ${response.error}`);
  const sources = new Map<string, string>();
  for (const { name, content } of response.file) {
    const { code } = await transform(content, { loader: "ts", format: "cjs", target: "node20", logLevel: "silent" });
    sources.set(name.replace(/\.ts$/, ".js"), code);
  }
  const files = schema.files.flatMap(({ name }) => schema.registry.getFile(name) ?? []);
  const messages = files.flatMap((file) => file.messages.flatMap(withNested));
  const enums = [...files, ...messages].flatMap((around) =>
    around.kind === "file" ? around.enums : around.nestedEnums,
  );
  return { schema, messages, enums, code: new GeneratedCode(sources) };
}

function withNested(desc: DescMessage): DescMessage[] {
  return [desc, ...desc.nestedMessages.flatMap(withNested)];
}
