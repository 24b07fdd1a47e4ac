/** Changes that wait for one reader at most. */
const maxWaiting = 1024;

/** Hands changes to any number of readers. A slow reader costs bounded memory: it misses the oldest, and learns how many. */
export class ChangeFeed<Change> {
  readonly #readers = new Set<Reader<Change>>();

  /** Hands a change to everyone who reads now. */
  publish(change: Change): void {
    for (const reader of this.#readers) reader.push(change);
  }

  /** Changes from the first read on, each with the number of those missed before it; ends when `signal` aborts. */
  async *read(signal: AbortSignal): AsyncGenerator<{ readonly change: Change; readonly missed: number }> {
    const reader = new Reader<Change>();
    const wake = (): void => reader.wake();
    this.#readers.add(reader);
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const next = reader.take();
        if (next === undefined) await reader.waitForPush();
        else yield next;
      }
    } finally {
      signal.removeEventListener("abort", wake);
      this.#readers.delete(reader);
    }
  }
}

class Reader<Change> {
  readonly #waiting: Change[] = [];
  #missed = 0;
  #wake: (() => void) | undefined;

  push(change: Change): void {
    if (this.#waiting.length === maxWaiting) {
      this.#waiting.shift();
      this.#missed++;
    }
    this.#waiting.push(change);
    this.wake();
  }

  take(): { change: Change; missed: number } | undefined {
    const change = this.#waiting.shift();
    if (change === undefined) return undefined;
    const missed = this.#missed;
    this.#missed = 0;
    return { change, missed };
  }

  waitForPush(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
