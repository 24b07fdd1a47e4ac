import { CrucibleError } from "../error/index.js";
import { cancelled, deadlineExceeded } from "./client-core.js";
import type { CallOptions, Method } from "./service.js";

// What a caller says about one call.

/**
 * What the caller says, or the schema; undefined for no limit.
 *
 * @throws CrucibleError reason OPTION_INVALID.
 */
export function ownTimeout(method: Method, options: CallOptions | undefined): number | undefined {
  const timeoutMs = options?.timeoutMs ?? (method.timeoutMs === 0 ? undefined : method.timeoutMs);
  if (timeoutMs !== undefined && !(timeoutMs >= 0 && timeoutMs <= Number.MAX_SAFE_INTEGER)) {
    throw new CrucibleError("OPTION_INVALID", `timeoutMs is ${timeoutMs}; give milliseconds from 0 on`);
  }
  return timeoutMs;
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
  throw new CrucibleError("OPTION_INVALID", `priority is ${String(priority)}; it is a whole number from 0 to 3`);
}
