// Schema after schema, message after message, until enough cases have been compared.
import { toJsonString } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { loadSchema } from "./load.js";
import { Messages } from "./messages.js";
import { randomSchema, type Schema } from "./schema/schema.js";
import type { Subject, Trial } from "./subject.js";

/** What to run. */
export interface Run {
  /** What everything is made of; the schema at index `i` has the seed `schemaSeed(seed, i)`. */
  readonly seed: number;
  /** How many cases to compare, at least. */
  readonly cases: number;
  /** How many inputs of fast-check to try for each message of a schema. Default 3. */
  readonly inputsPerMessage?: number;
  /** Called after each schema. */
  onProgress?(done: Progress): void;
}

/** How far a run has come. */
export interface Progress {
  readonly cases: number;
  readonly schemas: number;
  readonly messages: number;
}

/**
 * Runs a subject.
 *
 * @throws Error with the seeds, the schema and the shrunk input when two sides differ.
 */
export async function runDifferential(subject: Subject, run: Run): Promise<Progress> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // Most hostile inputs end in errors, most of whose cost is the stack.
  const done = { cases: 0, schemas: 0, messages: 0 };
  try {
    while (done.cases < run.cases) {
      const seed = schemaSeed(run.seed, done.schemas);
      let schema: Schema | undefined;
      try {
        schema = randomSchema(seed, subject.hooks);
        const trials = subject.prepare(await loadSchema(schema, subject.emit), new Messages());
        for (const trial of trials) done.cases += tryMessage(trial, seed, run.inputsPerMessage ?? 3);
        done.messages += trials.length;
      } catch (error) {
        throw new Error(describe(subject, run, seed, schema, error), { cause: error });
      }
      done.schemas++;
      run.onProgress?.(done);
    }
    return done;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The seed of the schema at an index: neighbours are as different as any two. The first is the seed itself. */
export function schemaSeed(seed: number, index: number): number {
  return (seed + Math.imul(index, 0x9e3779b1)) >>> 0;
}

/** The seed in DIFFERENTIAL_SEED, else the clock's. */
export function seedFromEnvironment(): number {
  return Number(process.env["DIFFERENTIAL_SEED"] ?? Date.now()) >>> 0;
}

/** The number of cases in DIFFERENTIAL_CASES, else the given one. */
export function casesFromEnvironment(otherwise: number): number {
  return Number(process.env["DIFFERENTIAL_CASES"] ?? otherwise);
}

function tryMessage(trial: Trial<unknown>, seed: number, numRuns: number): number {
  let cases = 0;
  const result = fc.check(
    fc.property(trial.inputs, (input) => {
      cases += trial.check(input);
    }),
    { numRuns, seed: seed | 0, endOnFailure: false },
  );
  if (result.failed) {
    const { errorInstance: error, counterexample } = result;
    const fact = error instanceof Error ? error.message : String(error);
    throw new Error(`${trial.desc.typeName}: ${fact}\ninput: ${fc.stringify(counterexample?.[0])}`);
  }
  return cases;
}

function describe(subject: Subject, run: Run, seed: number, schema: Schema | undefined, error: unknown): string {
  const files = (schema?.files ?? []).map((file) => toJsonString(FileDescriptorProtoSchema, file)).join("\n");
  const fact = error instanceof Error ? error.message : String(error);
  return [
    `${subject.name} differ: ${fact}`,
    `schema: ${files}`,
    `again: DIFFERENTIAL_SEED=${seed} npm run test:differential (this run began with ${run.seed})`,
  ].join("\n");
}
