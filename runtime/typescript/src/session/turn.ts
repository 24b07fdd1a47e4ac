const { setImmediate: immediately } = globalThis as { setImmediate?: (action: () => void) => void };

/** Runs `action` when this turn of the event loop is over: behind all promise jobs and what else has arrived. */
function afterTurn(action: () => void): void {
  if (immediately === undefined) setTimeout(action, 0);
  else immediately(action);
}

/** Bytes of streams and large messages that one turn sends; what is beyond that lets others have a turn. */
const turnBytes = 131_072;

/**
 * Counts what streams and large messages send in one turn of the event loop. Their frames wait for its end, or until there
 * are many; and a source that never waits is stopped there, since promise jobs of one turn keep out everything else: reading,
 * timers, small calls.
 */
export class Turn {
  readonly #onEnd: (wasFull: boolean) => void;
  #bytes = 0;
  #ending = false;
  readonly #end = (): void => {
    const wasFull = this.full;
    this.#ending = false;
    this.#bytes = 0;
    this.#onEnd(wasFull);
  };

  /** `onEnd` is told that a turn is over in which something was counted, and whether it was full. */
  constructor(onEnd: (wasFull: boolean) => void) {
    this.#onEnd = onEnd;
  }

  /** No more should be sent in this turn. */
  get full(): boolean {
    return this.#bytes >= turnBytes;
  }

  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#ending) return;
    this.#ending = true;
    afterTurn(this.#end);
  }
}
