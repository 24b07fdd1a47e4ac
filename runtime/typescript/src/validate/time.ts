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
  return compareToInstant(value, BigInt(Date.now()) * 1_000_000n);
}

/** Whether a Timestamp lies at most the given time before or after now. */
export function isNearNow(value: TimeParts, seconds: bigint, nanos: number = 0): boolean {
  const now = BigInt(Date.now()) * 1_000_000n;
  const distance = seconds * nanosInSecond + BigInt(nanos);
  return compareToInstant(value, now - distance) >= 0 && compareToInstant(value, now + distance) <= 0;
}

const nanosInSecond = 1_000_000_000n;

/** Compares a Timestamp with an instant in nanoseconds since 1970. */
function compareToInstant(value: TimeParts, instant: bigint): number {
  const rest = instant % nanosInSecond;
  const nanos = rest < 0n ? rest + nanosInSecond : rest;
  return compareTime(value, (instant - nanos) / nanosInSecond, Number(nanos));
}
