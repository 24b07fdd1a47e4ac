/** The feature by which calls share an advance, and fragments may be larger. */
export const advanceFeature = "advance";
/** What all calls of a connection may send beyond their windows in one direction: fixed by the protocol. */
export const advanceBytes = 4_194_304;

/**
 * One direction of a connection: what its calls may send beyond their windows, all together. A window below 0 says what its
 * call owes. Credit for the call pays that first, and with the end of a call nothing is owed any more. So a message need not
 * wait for the grants of a call that has just begun, and what a receiver has to keep for all of them stays bounded.
 */
export class Advance {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /**
   * What a call with this window should send at most. It owes no more than is left for others then: however many calls
   * stand still that owe, one more still finds something.
   */
  room(window: number): number {
    const owed = window < 0 ? -window : 0;
    const more = Math.floor((this.#left - owed) / 2);
    return more <= 0 ? window : window + owed + more;
  }

  /** The window of a call behind a frame that costs `cost`; undefined when there is not so much left. */
  charge(window: number, cost: number): number | undefined {
    const after = window - cost;
    if (after >= 0) return after;
    const lent = window > 0 ? -after : cost;
    if (lent > this.#left) return undefined;
    this.#left -= lent;
    return after;
  }

  /** The window of a call that is granted `bytes`. */
  grant(window: number, bytes: number): number {
    if (window < 0) this.#left += Math.min(bytes, -window);
    return window + bytes;
  }

  /** A call with this window has ended, and owes nothing any more: its window then. */
  forgive(window: number): number {
    if (window >= 0) return window;
    this.#left -= window;
    return 0;
  }
}
