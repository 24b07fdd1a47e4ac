import { type Code, CrucibleError } from "../error/index.js";
import { decodeViolations, encodeViolations } from "../gen/crucible/ipc/v1/error_codec.js";
import type { Violation } from "../validate/validator.js";
import { maxViolations } from "../validate/violation.js";

/** A constant, whose value bundlers put in its place. */
const internal: typeof Code.Internal = 13;

const typeName = "crucible.ipc.v1.Violations";
/** Violations sent with an error; the message says how many there were. */
const maxSent = 32;
/** Bytes of violations sent with an error: leaves room for its message in the 16 KiB that an error frame has. */
const maxSentBytes = 10_240;
/** Characters of a path or message that are sent. Keys of maps are in paths, and may be as long as a message. */
const maxTextCharacters = 512;

/**
 * The one error that broken rules turn into: VALIDATION_FAILED, with the violations as a typed detail.
 *
 * @param what such as `request of knowledge.v1.Search/Find`.
 * @param started whether the handler had begun: it has when its response is what breaks the rules, and the
 * code is INTERNAL then.
 */
export function validationError(what: string, violations: readonly Violation[], started: boolean): CrucibleError {
  const first = shorten(violations[0]!);
  const counted = violations.length < maxViolations ? "" : "at least ";
  const more = violations.length > 1 ? ` (and ${counted}${violations.length - 1} more)` : "";
  const where = first.fieldPath === "" ? "" : `${first.fieldPath}: `;
  return new CrucibleError(
    "VALIDATION_FAILED",
    `${what} breaks the rules of its schema: ${where}${first.message}${more}`,
    {
      started,
      // An answer is not the caller's to put right.
      ...(started ? { code: internal } : {}),
      details: [{ typeName, value: encodeFirst(violations) }],
    },
  );
}

/**
 * The violations that an error carries, in the order of the schema; empty when it carries none. Of many the first 32 are
 * sent, or as many as fit an error; paths and messages are cut at 512 characters, with an ellipsis for the rest.
 */
export function violationsOf(error: CrucibleError): readonly Violation[] {
  return error.details.filter((detail) => detail.typeName === typeName).flatMap(({ value }) => decodeOrNone(value));
}

/** What a peer sends is not trusted: whoever looks into an error must not run into another one. */
function decodeOrNone(bytes: Uint8Array): readonly Violation[] {
  try {
    return decodeViolations(bytes).violations;
  } catch {
    return [];
  }
}

/** The first violations, encoded: as many as may be sent. */
function encodeFirst(violations: readonly Violation[]): Uint8Array {
  const sent: Violation[] = [];
  let size = 0;
  for (const violation of violations.slice(0, maxSent)) {
    const short = shorten(violation);
    size += encodeViolations({ violations: [short] }).length;
    if (size > maxSentBytes) break;
    sent.push(short);
  }
  return encodeViolations({ violations: sent });
}

function shorten({ fieldPath, rulePath, ruleId, message, forKey }: Violation): Violation {
  return { fieldPath: cut(fieldPath), rulePath: cut(rulePath), ruleId: cut(ruleId), message: cut(message), forKey };
}

function cut(text: string): string {
  if (text.length <= maxTextCharacters) return text;
  // No half of a surrogate pair is left at the end: it could not be encoded.
  return `${text.slice(0, maxTextCharacters - 1).replace(/[\ud800-\udbff]$/, "")}\u2026`;
}
