// Random messages of random schemas, validated by generated code and by protovalidate: both must find the same.
import { create, type DescMessage } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { CodeGeneratorRequestSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import type { Validator, Violation } from "../../runtime/typescript/src/validate/validator.js";
import { Random } from "../fuzz/random.js";
import { evaluateValidators } from "../support/validate-modules.js";
import { randomInit } from "./validate-inits.js";
import { imports, randomSchema } from "./validate-schemas.js";

/** What a run has seen. */
export interface Tally {
  /** Messages validated. */
  cases: number;
  /** How many of them broke a rule. */
  invalid: number;
  schemas: number;
  /** How often each rule was broken, by its id. */
  readonly ruleIds: Map<string, number>;
}

/** A message on which the two do not agree. */
export interface Disagreement {
  /** Gives the same schema again. */
  readonly schemaSeed: number;
  readonly typeName: string;
  readonly init: unknown;
  readonly expected: unknown;
  readonly actual: unknown;
  /** The generated module. */
  readonly source: string;
}

/** Messages made of each schema: making a schema costs as much as validating a few hundred. */
const casesPerSchema = 200;
/** Schemas that share a validator of protovalidate: planning is dear at first, and it keeps what it has planned. */
const schemasPerReference = 50;

/** Runs until so many cases are done, or the first one on which the two do not agree. */
export function runDifferential(seed: number, cases: number): { tally: Tally; disagreement?: Disagreement } {
  const seeds = new Random(seed);
  const tally: Tally = { cases: 0, invalid: 0, schemas: 0, ruleIds: new Map() };
  let reference = createValidator();
  while (tally.cases < cases) {
    if (tally.schemas % schemasPerReference === 0) reference = createValidator();
    tally.schemas++;
    const schemaSeed = seeds.below(0x7fffffff);
    const disagreement = trySchema(schemaSeed, Math.min(casesPerSchema, cases - tally.cases), reference, tally);
    if (disagreement !== undefined) return { tally, disagreement };
  }
  return { tally };
}

/** Tries random messages of the schema that a seed gives. */
export function trySchema(
  schemaSeed: number,
  cases: number,
  reference: ReturnType<typeof createValidator>,
  tally: Tally,
): Disagreement | undefined {
  const random = new Random(schemaSeed);
  const file = randomSchema(random);
  const { registry, validators, sources } = evaluateValidators(requestFor(file));
  const messages = file.messageType.map(({ name }) => registry.getMessage(`${file.package}.${name}`)!);
  for (let i = 0; i < cases; i++) {
    const desc = random.pick(messages);
    const init = randomInit(desc, random);
    const message = create(desc, init);
    const expected = findByReference(reference, desc, message);
    const validate = validators.get(desc.typeName);
    tally.cases++;
    if (Array.isArray(expected)) tally.invalid++;
    for (const form of [init, message]) {
      const actual = find(validate, form);
      if (isSame(expected, actual)) continue;
      const source = [...sources.values()].join("\n");
      return { schemaSeed, typeName: desc.typeName, init, expected, actual, source };
    }
    if (!Array.isArray(expected)) continue;
    for (const { ruleId } of expected) tally.ruleIds.set(ruleId, (tally.ruleIds.get(ruleId) ?? 0) + 1);
  }
  return undefined;
}

function requestFor(file: FileDescriptorProto) {
  return create(CodeGeneratorRequestSchema, { protoFile: [...imports, file], fileToGenerate: [file.name] });
}

function find(validate: Validator | undefined, message: unknown): Violation[] | string | undefined {
  try {
    return validate?.(message);
  } catch (error) {
    return String(error);
  }
}

function findByReference(
  reference: ReturnType<typeof createValidator>,
  desc: DescMessage,
  message: object,
): Violation[] | string | undefined {
  const result = reference.validate(desc, message as never);
  if (result.kind === "error") return String(result.error);
  return result.violations?.map((violation) => ({
    fieldPath: pathToString(violation.field),
    rulePath: pathToString(violation.rule),
    ruleId: violation.ruleId,
    message: violation.message,
    forKey: violation.forKey,
  }));
}

function isSame(a: Violation[] | string | undefined, b: Violation[] | string | undefined): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i]!;
      return (
        one.fieldPath === other.fieldPath &&
        one.rulePath === other.rulePath &&
        one.ruleId === other.ruleId &&
        one.message === other.message &&
        one.forKey === other.forKey
      );
    })
  );
}
