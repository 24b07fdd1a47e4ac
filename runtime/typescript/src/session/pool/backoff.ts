const firstMs = 20;
const mostMs = 1_000;
const leastMs = 5;

/**
 * How long to wait before attempt number `attempt`, counted from 1, in milliseconds: anything up to a bound that doubles, so
 * that many who lost the same peer do not come back at once. `random` is from 0 to below 1.
 */
export function backoffMs(attempt: number, random: number): number {
  const most = Math.min(mostMs, firstMs * 2 ** (attempt - 1));
  return leastMs + random * (most - leastMs);
}
