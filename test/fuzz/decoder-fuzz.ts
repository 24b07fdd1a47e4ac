// The reusable part of fuzzing decoders: mutated encodings go through a generated decoder, through protobuf-es and, where
// those differ, through the slow twin.
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import { initOf } from "../support/arbitrary.js";
import { sameMessage } from "../support/same-message.js";
import { decodeTwin } from "../twin/decode-twin.js";
import { mutate } from "./mutate.js";
import { Random } from "./random.js";

/** What to fuzz. */
export interface DecoderFuzz {
  readonly desc: DescMessage;
  decode(bytes: Uint8Array): unknown;
  encode(message: never): Uint8Array;
  readonly seed: number;
  readonly iterations: number;
}

/** What came of it. */
export interface FuzzResult {
  readonly accepted: number;
  readonly refused: number;
}

/**
 * Runs the decoder on mutated inputs.
 *
 * @throws Error with the seed and the input when a result is wrong.
 */
export function fuzzDecoder(fuzz: DecoderFuzz): FuzzResult {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // Most inputs end in errors, most of whose cost is the stack.
  try {
    return run(fuzz);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function run(fuzz: DecoderFuzz): FuzzResult {
  const { desc, seed, iterations } = fuzz;
  const random = new Random(seed);
  const corpus = fc
    .sample(initOf(desc), { seed, numRuns: 60 })
    .map((init) => toBinary(desc, create(desc, init)))
    .filter((bytes) => bytes.length < 2000);
  corpus.push(new Uint8Array(0));
  let accepted = 0;
  for (let i = 0; i < iterations; i++) {
    const input = mutate(random.pick(corpus), random, corpus);
    const { problem, ok } = checkInput(fuzz, input);
    if (ok) accepted++;
    if (problem !== undefined) {
      const again = `FUZZ_SEED=${seed} FUZZ_ITERATIONS=${iterations}`;
      throw new Error(`${desc.typeName}: ${problem}\n${again}, input ${i}: ${Buffer.from(input).toString("hex")}`);
    }
  }
  return { accepted, refused: iterations - accepted };
}

type Attempt = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

function attempt(run: () => unknown): Attempt {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    return { ok: false, error };
  }
}

type Decoder = Pick<DecoderFuzz, "desc" | "decode" | "encode">;

/** Whether the decoder takes an input, and what is wrong with what it makes of it. */
export function checkInput(
  fuzz: Decoder,
  input: Uint8Array,
): { readonly ok: boolean; readonly problem: string | undefined } {
  const before = input.slice();
  const ours = attempt(() => fuzz.decode(input));
  if (Buffer.compare(before, input) !== 0) return { ok: ours.ok, problem: "the input was changed" };
  return { ok: ours.ok, problem: problemOf(fuzz, input, ours) };
}

function problemOf(fuzz: Decoder, input: Uint8Array, ours: Attempt): string | undefined {
  const { desc } = fuzz;
  const theirs = attempt(() => fromBinary(desc, input));
  if (!ours.ok) {
    if (!(ours.error instanceof CrucibleError) || ours.error.reason !== "DECODE_INVALID") {
      return `not an error of decoding: ${String(ours.error)}`;
    }
    if (!ours.error.message.includes(desc.typeName)) return `the error names no type: ${ours.error.message}`;
    if (!theirs.ok) return undefined;
    // Stricter than protobuf-es, but nowhere stricter than the twin.
    return attempt(() => decodeTwin(desc, input)).ok ? `refused without a reason: ${ours.error.message}` : undefined;
  }
  if (!theirs.ok) return `accepted what protobuf-es refuses: ${String(theirs.error)}`;
  if (sameMessage(ours.value, theirs.value)) return checkRoundTrip(fuzz, ours.value);
  const twin = attempt(() => decodeTwin(desc, input));
  if (!twin.ok) return `accepted what the twin refuses: ${String(twin.error)}`;
  if (!sameMessage(ours.value, twin.value)) return "decoded to another message than protobuf-es and the twin";
  // protobuf-es drops the unknown values of closed enums of a message that has other unknown fields as well.
  return hasClosedEnum(desc, new Set()) ? undefined : "decoded to another message than protobuf-es";
}

/** Encoding what was decoded gives bytes that decode to the same again. */
function checkRoundTrip(
  { decode, encode }: Pick<DecoderFuzz, "decode" | "encode">,
  message: unknown,
): string | undefined {
  const encoded = attempt(() => encode(message as never));
  if (!encoded.ok) {
    const { error } = encoded;
    // Decoders take messages whose required fields are missing, encoders do not.
    return error instanceof CrucibleError && error.message.includes("required") ? undefined : String(error);
  }
  const again = attempt(() => decode(encoded.value as Uint8Array));
  if (!again.ok) return `cannot decode its own encoding: ${String(again.error)}`;
  return sameMessage(message, again.value) ? undefined : "changes when encoded and decoded again";
}

function hasClosedEnum(desc: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(desc)) return false;
  seen.add(desc);
  return desc.fields.some(
    (field) => field.enum?.open === false || (field.message !== undefined && hasClosedEnum(field.message, seen)),
  );
}
