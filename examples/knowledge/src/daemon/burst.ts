/** How fast calls were answered. */
export interface Burst {
  readonly calls: number;
  readonly ms: number;
  readonly callsPerSecond: number;
}

/** No call begins later than this after the first, in milliseconds. */
const maxMs = 1000;

/**
 * Makes calls with a fixed number of them in flight, for a second at the most.
 *
 * @param call makes the call of a number, counted from 0.
 */
export async function burst(
  calls: number,
  inFlight: number,
  call: (number: number) => Promise<unknown>,
): Promise<Burst> {
  let next = 0;
  const start = performance.now();
  const caller = async (): Promise<void> => {
    while (next < calls && performance.now() - start < maxMs) await call(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const ms = performance.now() - start;
  return { calls: next, ms, callsPerSecond: Math.round((next / ms) * 1000) };
}
