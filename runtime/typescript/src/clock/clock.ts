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

/** The platform's clock. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  unixMs: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    (timer as Unrefable).unref?.();
    return () => clearTimeout(timer);
  },
};
