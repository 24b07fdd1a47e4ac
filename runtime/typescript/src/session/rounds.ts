import type { Clock, Stop } from "../clock/clock.js";

/** Parts of an interval: what is due in one of them is looked at together, at its end. */
const parts = 64;
/** Twice as many: whatever is due within an interval has a place of its own. */
const places = 2 * parts;
/** The place of what is being looked at. */
const dueNow = places;

/** Something that is looked at once it is due. */
export interface Due {
  /**
   * It is due, and waits no longer. It looks at the clock: what is added after a process was stopped, and before its timers
   * have run, may come early.
   */
  onDue(): void;
  /** Of the rounds it is in. */
  next: Due | undefined;
  previous: Due | undefined;
  /** Where it waits; -1 while it does not. */
  place: number;
}

/**
 * Looks at many things that are due in times of up to one interval, each a 64th of the interval late at most, by one timer
 * for all of them. Neither waiting nor becoming due allocates. (With a timer for each of ten thousand idle connections a
 * daemon allocated 2.8 MB a second for heartbeats alone; with that much V8 never takes its young space back, 128 MB of it on Node 24.)
 */
export class Rounds {
  readonly #clock: Clock;
  readonly #partMs: number;
  /** Lists of what waits, by the part in which it is due. */
  readonly #places: (Due | undefined)[] = Array.from({ length: places + 1 }, () => undefined);
  #size = 0;
  /** When something began to wait where nothing did: parts are counted from there. */
  #originMs = 0;
  /** The part that was looked at last, and the one that the timer waits for. */
  #looked = 0;
  #awaited = 0;
  #stop: Stop | undefined;
  #looking = false;
  readonly #onTimer = (): void => this.#look();

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#partMs = intervalMs / parts;
  }

  /** `due` is looked at in `delayMs`, at most one interval. It waits nowhere so far. */
  add(due: Due, delayMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#size === 0) {
      this.#originMs = nowMs;
      this.#looked = 0;
    }
    const part = Math.max(this.#looked + 1, Math.ceil((nowMs + delayMs - this.#originMs) / this.#partMs));
    this.#link(due, part % places);
    this.#size++;
    if (this.#looking || (this.#stop !== undefined && part >= this.#awaited)) return;
    this.#stop?.();
    this.#await(part, nowMs);
  }

  /** `due` waits no longer, if it did. */
  remove(due: Due): void {
    if (due.place < 0) return;
    this.#unlink(due);
    if (--this.#size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  #await(part: number, nowMs: number): void {
    this.#awaited = part;
    const delayMs = Math.ceil(this.#originMs + part * this.#partMs - nowMs);
    this.#stop = this.#clock.after(Math.max(0, delayMs), this.#onTimer);
  }

  #look(): void {
    this.#stop = undefined;
    // Timers come up to a millisecond early, and as late as a process was stopped.
    const part = Math.max(this.#awaited, Math.floor((this.#clock.monotonicMs() - this.#originMs) / this.#partMs));
    const first = Math.max(this.#looked + 1, part - places + 1);
    for (let at = first; at <= part; at++) this.#gather(at % places);
    this.#looked = part;
    this.#looking = true;
    try {
      for (let due = this.#places[dueNow]; due !== undefined; due = this.#places[dueNow]) {
        this.remove(due);
        due.onDue();
      }
    } finally {
      this.#looking = false;
      if (this.#size > 0) this.#awaitNext();
    }
  }

  #awaitNext(): void {
    const nowMs = this.#clock.monotonicMs();
    // What threw has left others behind.
    if (this.#places[dueNow] !== undefined) {
      this.#await(this.#looked, nowMs);
      return;
    }
    let part = this.#looked + 1;
    while (this.#places[part % places] === undefined) part++;
    this.#await(part, nowMs);
  }

  /** All that waits at `place` is due. */
  #gather(place: number): void {
    for (let due = this.#places[place]; due !== undefined; due = this.#places[place]) {
      this.#unlink(due);
      this.#link(due, dueNow);
    }
  }

  #link(due: Due, place: number): void {
    const next = this.#places[place];
    due.place = place;
    due.next = next;
    if (next !== undefined) next.previous = due;
    this.#places[place] = due;
  }

  #unlink(due: Due): void {
    const { next, previous } = due;
    if (previous === undefined) this.#places[due.place] = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    due.next = due.previous = undefined;
    due.place = -1;
  }
}

const ofClock = new WeakMap<Clock, Map<number, Rounds>>();

/** The rounds of all that has this interval on this clock. */
export function roundsOf(clock: Clock, intervalMs: number): Rounds {
  let ofInterval = ofClock.get(clock);
  if (ofInterval === undefined) ofClock.set(clock, (ofInterval = new Map()));
  let rounds = ofInterval.get(intervalMs);
  if (rounds === undefined) ofInterval.set(intervalMs, (rounds = new Rounds(clock, intervalMs)));
  return rounds;
}
