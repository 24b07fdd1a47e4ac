/** A Timestamp or Duration; absent parts are 0. */
export interface TimeParts {
  readonly seconds?: bigint | undefined;
  /** Nanoseconds, beside the seconds. */
  readonly nanos?: number | undefined;
}

/**
 * Compares a Timestamp or Duration with a constant of the schema.
 *
 * @returns less than, equal to or greater than 0, as `value` is earlier or shorter, the same, later or longer.
 */
export function compareTime(value: TimeParts, seconds: bigint, nanos: number = 0): number {
  const own = value.seconds ?? 0n;
  if (own !== seconds) return own < seconds ? -1 : 1;
  return (value.nanos ?? 0) - nanos;
}

/** Compares a Timestamp with the platform's clock: greater than 0 when it lies in the future. */
export function compareToNow(value: TimeParts): number {
  const nowMs = Date.now();
  const seconds = Math.floor(nowMs / 1000);
  return compareTime(value, BigInt(seconds), Math.trunc(nowMs - seconds * 1000) * 1_000_000);
}

/** Whether a Timestamp lies at most the given time before or after now. */
export function isNearNow(value: TimeParts, seconds: bigint, nanos: number = 0): boolean {
  const distance = (value.seconds ?? 0n) * 1_000_000_000n + BigInt(value.nanos ?? 0) - BigInt(Date.now()) * 1_000_000n;
  const allowed = seconds * 1_000_000_000n + BigInt(nanos);
  return distance <= allowed && -distance <= allowed;
}
