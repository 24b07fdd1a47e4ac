/** Stops a timer. May be called twice. */
export type Stop = () => void;

/** Time, as a seam: tests drive it by hand, so that none of them sleeps. */
export interface Clock {
  /** Milliseconds since some fixed instant; never goes back. */
  monotonicMs(): number;
  /** Unix time in milliseconds; may jump. */
  unixMs(): number;
  /** Runs `action` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, action: () => void): Stop;
}

interface Unrefable {
  unref?(): void;
}

// Taken when it is first needed: the global is a getter, which costs 0.1 µs each time, and loads what is behind it.
let timer: typeof performance | undefined;

/** The platform's clock. */
export const systemClock: Clock = {
  monotonicMs: () => (timer ??= performance).now(),
  unixMs: () => Date.now(),
  after(delayMs, action) {
    const timeout = setTimeout(action, delayMs);
    (timeout as Unrefable).unref?.();
    return () => clearTimeout(timeout);
  },
};
