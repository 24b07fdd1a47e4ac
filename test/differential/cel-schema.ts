// Schemas that put an expression each on a message of the corpus, and what comes out of them.
import { create } from "@bufbuild/protobuf";
import { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import type { Violation } from "../../runtime/typescript/src/validate/validator.js";
import { type CelModules, protoString } from "../support/cel.js";
import { createReference } from "../support/validators.js";
import { corpusFields } from "./cel-corpus.js";

/** The path of the schema. */
export const schemaPath = "cel/diff.proto";

/** A schema with the messages M0, M1 …, one for each expression. */
export function schemaOf(expressions: readonly string[]): string {
  const messages = expressions.map(
    (expression, i) => `message M${i} {
  option (buf.validate.message).cel = {id: "m${i}", expression: ${protoString(expression)}};
${corpusFields}}
`,
  );
  return `syntax = "proto3";
package cel.diff;
import "buf/validate/validate.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; COLOR_BLUE = 2; }
message Inner {
  string name = 1;
  int32 depth = 2;
  repeated string tags = 3;
  Inner inner = 4;
}
${messages.join("")}`;
}

/** What validation gives: violations, nothing, or an error. */
export type Outcome = readonly Violation[] | undefined | "error";

/** What the generated validator and protovalidate make of an init object. */
export type Compare = (typeName: string, init: object) => { readonly ours: Outcome; readonly theirs: Outcome };

/** Compares the validators of a schema with protovalidate. */
export function comparer({ registry, messages }: CelModules): Compare {
  const reference = createReference(registry);
  return (typeName, init) => {
    const { desc, validate } = messages.get(typeName)!;
    const message = create(desc, init as Record<string, unknown>);
    const ours = outcome(() => validate(init));
    const again = outcome(() => validate(message));
    if (JSON.stringify(again) !== JSON.stringify(ours)) throw new Error("an init object is taken for another message");
    return { ours, theirs: outcome(() => reference(desc, message)) };
  };
}

function outcome(validate: () => Violation[] | undefined): Outcome {
  try {
    return validate();
  } catch (error) {
    const isUndecided = error instanceof CrucibleError && error.reason === "VALIDATION_FAILED";
    if (isUndecided || (error instanceof Error && error.name === "RuntimeError")) return "error";
    throw error;
  }
}
