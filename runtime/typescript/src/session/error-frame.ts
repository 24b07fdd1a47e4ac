import { CrucibleError } from "../error/index.js";
import { Category, Code } from "../error/category.js";
import {
  decodeError as decodeErrorMessage,
  encodeError as encodeErrorMessage,
} from "../gen/crucible/ipc/v1/error_codec.js";
import type { Error as ErrorMessage } from "../gen/crucible/ipc/v1/error_pb.js";
import { maxErrorBytes } from "./limits.js";

const maxTextCharacters = 4_096;
const reasonPattern = /^[A-Z][A-Z0-9_]{0,63}$/;

/** The payload of an Error frame; details are left out, and the text cut, when they would not fit 16 KiB. */
export function encodeError(error: CrucibleError): Uint8Array {
  const base = {
    category: error.category,
    code: error.code,
    reason: error.reason,
    message: error.message.slice(0, maxTextCharacters),
    retryable: error.retryable,
    retryAfterMs: Math.min(error.retryAfterMs, 0xffffffff),
    started: error.started,
  };
  const bytes = encodeErrorMessage({ ...base, details: error.details });
  return bytes.length <= maxErrorBytes ? bytes : encodeErrorMessage(base);
}

/**
 * The error in the payload of an Error frame. What a peer says is text, never trusted: unknown numbers become Unknown,
 * and what cannot be decoded becomes BAD_ENVELOPE, since it ends what it names all the same.
 */
export function decodeError(bytes: Uint8Array): CrucibleError {
  let sent: ErrorMessage;
  try {
    sent = decodeErrorMessage(bytes);
  } catch (cause) {
    return new CrucibleError("BAD_ENVELOPE", "the peer sent an error that cannot be decoded", { cause });
  }
  return new CrucibleError(reasonPattern.test(sent.reason) ? sent.reason : "UNKNOWN", sent.message, {
    category: isOneOf(Category, sent.category) ? sent.category : Category.Plugin,
    code: isOneOf(Code, sent.code) ? sent.code : Code.Unknown,
    retryable: sent.retryable,
    retryAfterMs: sent.retryAfterMs,
    started: sent.started,
    details: sent.details.map(({ typeName, value }) => ({ typeName, value })),
  });
}

function isOneOf<T extends number>(values: Readonly<Record<string, T>>, value: number): value is T {
  return Object.values(values).includes(value as T);
}
