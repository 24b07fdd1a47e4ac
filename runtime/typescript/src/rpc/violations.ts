import { CrucibleError } from "../error/index.js";
import { decodeViolations, encodeViolations } from "../gen/crucible/ipc/v1/error_codec.js";
import type { Violation } from "../validate/validator.js";

const typeName = "crucible.ipc.v1.Violations";
/** Violations sent with an error; the message says how many there were. */
const maxViolations = 32;

/** The one error that broken rules turn into: VALIDATION_FAILED, with the violations as a typed detail. */
export function validationError(what: string, violations: readonly Violation[]): CrucibleError {
  const first = violations[0]!;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : "";
  const where = first.fieldPath === "" ? "" : `${first.fieldPath}: `;
  return new CrucibleError(
    "VALIDATION_FAILED",
    `${what} breaks the rules of its schema: ${where}${first.message}${more}`,
    {
      details: [{ typeName, value: encodeViolations({ violations: violations.slice(0, maxViolations) }) }],
    },
  );
}

/** The violations that an error carries; empty when it carries none. */
export function violationsOf(error: CrucibleError): readonly Violation[] {
  return error.details
    .filter((detail) => detail.typeName === typeName)
    .flatMap((detail) => decodeViolations(detail.value).violations);
}
