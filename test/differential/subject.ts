// The seam between what is fuzzed and how: a subject is a kind of generated code, and knows whom to compare it with.
import type { DescMessage } from "@bufbuild/protobuf";
import type fc from "fast-check";
import type { LoadedSchema } from "./load.js";
import type { Messages } from "./messages.js";
import type { SchemaHooks } from "./schema/file.js";

/** A kind of generated code. */
export interface Subject {
  /** Stands in what is printed. */
  readonly name: string;
  /** What the generator has to write for it: its option `emit`. */
  readonly emit: string;
  /** Puts onto random schemas what only this subject looks at. */
  readonly hooks?: SchemaHooks;
  /**
   * What to hold each message of a schema against.
   *
   * @throws Error when what was generated is wrong for the schema as a whole.
   */
  prepare(loaded: LoadedSchema, messages: Messages): readonly Trial<unknown>[];
}

/** One message type under test. */
export interface Trial<Input> {
  readonly desc: DescMessage;
  /** What to try; fast-check shrinks what fails. */
  readonly inputs: fc.Arbitrary<Input>;
  /**
   * Compares generated code with its peer.
   *
   * @returns how many cases that were: inputs of which both sides made something.
   * @throws Error that says what differs.
   */
  check(input: Input): number;
}
