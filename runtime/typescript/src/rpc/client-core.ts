// What calls share with all others of their client: on the wire, or served by the cache.
import { CrucibleError } from "../error/index.js";
import type { Shrinker } from "../session/compression.js";
import type { Session } from "../session/pool/session.js";
import type { Deadlines } from "./deadlines.js";
import type { Method } from "./service.js";
import { validationError } from "./violations.js";

/** Who keeps answers, and is told what outdates them. */
export interface Outdating {
  /** Forgets the answers of these methods, by full name. A call that changes what they answer has ended. */
  invalidate(methods: readonly string[]): void;
}

/** What the calls of one client share. */
export interface ClientCore {
  readonly session: Session;
  readonly deadlines: Deadlines;
  /** Check requests against the rules of their schema before they are sent. */
  readonly validateRequests: boolean;
  /** Check responses against the rules of their schema. */
  readonly validateResponses: boolean;
  /** Answers that may be served again, as far as the end of a call concerns them. */
  readonly answers: Outdating;
}

/** What is known of the calls of one method to one peer. */
export interface Binding {
  /** They have a seal of their own. */
  readonly sealed: boolean;
  /** What compresses their messages. */
  readonly shrinker: Shrinker | undefined;
  /** How many more are taken for large ones: a few behind each that was. */
  bulkCalls: number;
}

/**
 * Checks a request that is about to be sent, where that is asked for.
 *
 * @throws CrucibleError reason VALIDATION_FAILED when it breaks the rules of its schema.
 */
export function checkRequest(core: ClientCore, method: Method, request: unknown): void {
  if (!core.validateRequests || method.validateRequest === undefined) return;
  const violations = method.validateRequest(request);
  if (violations !== undefined) throw validationError(`request of ${method.name}`, violations, false);
}

/**
 * Decodes a response, and checks it where that is asked for.
 *
 * @throws CrucibleError reason DECODE_INVALID, or VALIDATION_FAILED when it breaks the rules of its schema.
 */
export function readResponse(core: ClientCore, method: Method, bytes: Uint8Array, start: number, end: number): unknown {
  const message = method.response.read(bytes, start, end);
  if (core.validateResponses && method.validateResponse !== undefined) {
    const violations = method.validateResponse(message);
    if (violations !== undefined) throw validationError(`response of ${method.name}`, violations, true);
  }
  return message;
}

export function deadlineExceeded(method: Method): CrucibleError {
  return new CrucibleError("DEADLINE_EXCEEDED", `${method.name} did not answer in time; give it more or find out why`);
}

export function cancelled(method: Method, signal: AbortSignal | undefined): CrucibleError {
  return new CrucibleError("CANCELLED", `${method.name} was cancelled by its caller`, { cause: signal?.reason });
}
