/** Stops a timer. May be called twice. */
export type Stop = () => void;

/** Time, as a seam: tests drive it by hand, so that none of them sleeps. */
export interface Clock {
  /** Milliseconds since some fixed instant; never goes back. */
  monotonicMs(): number;
  /** Unix time in milliseconds; may jump. */
  unixMs(): number;
  /**
   * Runs `action` once after `delayMs`. The timer does not keep the process alive. When it comes late, as after the process was
   * stopped or busy for long, what has arrived meanwhile is read first: many timers ask whether something has.
   */
  after(delayMs: number, action: () => void): Stop;
}

interface Unrefable {
  unref?(): void;
}

/** A timer that comes so much later than it should follows what has arrived. */
const lateMs = 100;

// Taken when it is first needed: the global is a getter, which costs 0.1 µs each time, and loads what is behind it.
let timer: typeof performance | undefined;

/** The platform's clock. */
export const systemClock: Clock = {
  monotonicMs: () => (timer ??= performance).now(),
  unixMs: () => Date.now(),
  after(delayMs, action) {
    const dueMs = systemClock.monotonicMs() + delayMs;
    let stop: Stop;
    const timeout = setTimeout(() => {
      if (systemClock.monotonicMs() < dueMs + lateMs) action();
      else stop = behindReads(action);
    }, delayMs);
    (timeout as Unrefable).unref?.();
    stop = () => clearTimeout(timeout);
    return () => stop();
  },
};

/** Node runs timers that are due before it reads, and immediates behind that. Browsers have neither order nor immediates. */
function behindReads(action: () => void): Stop {
  if (typeof setImmediate === "undefined") {
    const timeout = setTimeout(action);
    return () => clearTimeout(timeout);
  }
  const immediate = setImmediate(action);
  (immediate as Unrefable).unref?.();
  return () => clearImmediate(immediate);
}
