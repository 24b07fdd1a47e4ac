import { optionInvalid } from "../error/options.js";
import { shown } from "../error/text.js";
import { cancelled, deadlineExceeded } from "./client-core.js";
import type { CallOptions, Method } from "./service.js";

// What a caller says about one call.

const longestTimeoutMs = Number.MAX_SAFE_INTEGER;

/**
 * What the caller says, or the schema; undefined for no limit.
 *
 * @throws CrucibleError reason OPTION_INVALID.
 */
export function ownTimeout(method: Method, options: CallOptions | undefined): number | undefined {
  const timeoutMs = options?.timeoutMs ?? (method.timeoutMs === 0 ? undefined : method.timeoutMs);
  if (timeoutMs === undefined || (typeof timeoutMs === "number" && timeoutMs >= 0 && timeoutMs <= longestTimeoutMs)) {
    return timeoutMs;
  }
  throw optionInvalid(`timeoutMs is ${shown(timeoutMs)}; give milliseconds from 0 on`);
}

/** @throws CrucibleError DEADLINE_EXCEEDED or CANCELLED when nobody wants the call any more. */
export function assertWanted(
  method: Method,
  deadlineMs: number | undefined,
  now: number,
  signal: AbortSignal | undefined,
): void {
  if (deadlineMs !== undefined && deadlineMs <= now) throw deadlineExceeded(method);
  if (signal?.aborted) throw cancelled(method, signal);
}

/** @throws CrucibleError reason OPTION_INVALID unless it is one. */
export function checkPriority(priority: 0 | 1 | 2 | 3): 0 | 1 | 2 | 3 {
  if (priority === 0 || priority === 1 || priority === 2 || priority === 3) return priority;
  throw optionInvalid(`priority is ${shown(priority)}; it is a whole number from 0 to 3`);
}

/** @throws CrucibleError reason OPTION_INVALID unless it is one: a call that has begun would never hear of it. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw optionInvalid(`signal is ${shown(signal)}; it is an AbortSignal`);
}
