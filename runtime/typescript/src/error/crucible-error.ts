import type { Category, Code } from "./category.js";
import { type Reason, reasons } from "./reasons.js";
import { printable } from "./printable.js";

/** One typed detail of an error: a message by name, encoded. */
export interface ErrorDetail {
  /** Full name of the message in `value`, such as `crucible.ipc.v1.Violations`. */
  readonly typeName: string;
  readonly value: Uint8Array;
}

/** Everything an error may say beside its reason and message. */
export interface ErrorOptions {
  readonly category?: Category;
  readonly code?: Code;
  /** Whether the same call may be tried again. Default: what the reason implies. */
  readonly retryable?: boolean;
  /** How long to wait before that, in milliseconds. Default: 0. */
  readonly retryAfterMs?: number;
  /** Whether the handler had started. Default: false. */
  readonly started?: boolean;
  readonly details?: readonly ErrorDetail[];
  readonly cause?: unknown;
}

// Constants, whose values bundlers put in their place.
const plugin: typeof Category.Plugin = 5;
const unknown: typeof Code.Unknown = 2;

/**
 * The one class of error that this runtime throws and sends. `message` says the fact and the next step, on one line: control
 * characters of what it was given become blanks, for much of that comes from the other side and ends in logs and terminals.
 */
export class CrucibleError extends Error {
  override readonly name: string = "CrucibleError";
  /** What kind of failure it is. */
  readonly category: Category;
  /** What the caller can do about it. */
  readonly code: Code;
  /** Stable name in UPPER_SNAKE; those of the runtime are in the catalogue. */
  readonly reason: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number;
  /** Whether the handler had started when the call failed. */
  readonly started: boolean;
  readonly details: readonly ErrorDetail[];

  constructor(reason: Reason | (string & {}), message: string, options: ErrorOptions = {}) {
    super(printable(String(message)), options.cause === undefined ? undefined : { cause: options.cause });
    const known = reasons.get(reason);
    this.reason = reason;
    this.category = options.category ?? known?.category ?? plugin;
    this.code = options.code ?? known?.code ?? unknown;
    this.retryable = options.retryable ?? known?.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.started = options.started ?? false;
    this.details = options.details ?? [];
  }

  /** `error` itself when it is a CrucibleError, else one with `reason` that has it as its cause. */
  static from(error: unknown, reason: Reason = "HANDLER_FAILED"): CrucibleError {
    if (error instanceof CrucibleError) return error;
    return new CrucibleError(reason, textOf(error) || reason, { cause: error });
  }
}

/** What anything that was thrown says; some objects cannot be made text. */
export function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "";
  }
}
