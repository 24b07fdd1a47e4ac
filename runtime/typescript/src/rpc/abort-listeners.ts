/** Told once that the signal it listens to has been aborted. */
export interface AbortListener {
  onAbort(signal: AbortSignal): void;
}

const listeners = new WeakMap<AbortSignal, Set<AbortListener>>();

/**
 * Listens to a signal that many calls may share: however many they are, the signal has one event listener, since Node
 * takes more than ten for a leak and says so on stderr.
 */
export function listenToAbort(signal: AbortSignal, listener: AbortListener): void {
  let set = listeners.get(signal);
  if (set === undefined) {
    set = new Set();
    listeners.set(signal, set);
  }
  if (set.size === 0) signal.addEventListener("abort", tell, { once: true });
  set.add(listener);
}

/** Stops listening; does nothing for one that does not listen. The last one to go takes the event listener along. */
export function ignoreAbort(signal: AbortSignal, listener: AbortListener): void {
  const set = listeners.get(signal);
  if (set !== undefined && set.delete(listener) && set.size === 0) signal.removeEventListener("abort", tell);
}

function tell(this: AbortSignal): void {
  const told = listeners.get(this);
  if (told === undefined) return;
  listeners.delete(this);
  for (const listener of told) listener.onAbort(this);
}
