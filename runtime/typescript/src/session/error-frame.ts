import { CrucibleError } from "../error/index.js";
import { Category, Code } from "../error/category.js";
import { oneLine } from "../error/text.js";
import {
  decodeError as decodeErrorMessage,
  encodeError as encodeErrorMessage,
} from "../gen/crucible/ipc/v1/error_codec.js";
import type { Error as ErrorMessage } from "../gen/crucible/ipc/v1/error_pb.js";
import { maxErrorBytes } from "./limits.js";

const maxTextCharacters = 4_096;
const reasonPattern = /^[A-Z][A-Z0-9_]{0,63}$/;

/**
 * The payload of an Error frame; details are left out, and the text cut, when they would not fit 16 KiB. Errors come from
 * handlers too, with whatever is in them: one always leaves.
 */
export function encodeError(error: CrucibleError): Uint8Array {
  const base = {
    category: isOneOf(Category, error.category) ? error.category : Category.Plugin,
    code: isOneOf(Code, error.code) ? error.code : Code.Unknown,
    reason: reasonPattern.test(error.reason) ? error.reason : "UNKNOWN",
    message: wellFormed(String(error.message).slice(0, maxTextCharacters)),
    retryable: error.retryable === true,
    retryAfterMs: error.retryAfterMs > 0 ? Math.min(Math.ceil(error.retryAfterMs), 0xffffffff) : 0,
    started: error.started === true,
  };
  if (error.details.length > 0) {
    try {
      const bytes = encodeErrorMessage({ ...base, details: error.details });
      if (bytes.length <= maxErrorBytes) return bytes;
    } catch {
      // Details that are no messages are left out as those are that do not fit.
    }
  }
  return encodeErrorMessage(base);
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
  return new CrucibleError(
    reasonPattern.test(sent.reason) ? sent.reason : "UNKNOWN",
    oneLine(sent.message, maxTextCharacters),
    {
      category: isOneOf(Category, sent.category) ? sent.category : Category.Plugin,
      code: isOneOf(Code, sent.code) ? sent.code : Code.Unknown,
      retryable: sent.retryable,
      retryAfterMs: sent.retryAfterMs,
      started: sent.started,
      details: sent.details.map(({ typeName, value }) => ({ typeName, value })),
    },
  );
}

/** `text` with U+FFFD for each half of a surrogate pair that stands alone; cutting may leave one. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function isOneOf<T extends number>(values: Readonly<Record<string, T>>, value: number): value is T {
  return Object.values(values).includes(value as T);
}
