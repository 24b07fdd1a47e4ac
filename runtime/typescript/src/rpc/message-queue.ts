import { CrucibleError } from "../error/index.js";

/**
 * The receiving end of a stream: messages pushed by the session, pulled by one consumer with `for await`. It is bounded
 * by the window of its call: a message counts as consumed when it is pulled, or when it is dropped.
 */
export class MessageQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #onConsumed: (cost: number) => void;
  readonly #onAbandoned: () => void;
  /** Messages and their costs, alternating, from `#head` on. */
  #items: (T | number)[] = [];
  #head = 0;
  #ended = false;
  #error: CrucibleError | undefined;
  #waiting: { resolve(result: IteratorResult<T, undefined>): void; reject(error: CrucibleError): void } | undefined;

  /** `onConsumed` hears what each pulled message had cost, `onAbandoned` that the consumer left before the end. */
  constructor(onConsumed: (cost: number) => void, onAbandoned: () => void) {
    this.#onConsumed = onConsumed;
    this.#onAbandoned = onAbandoned;
  }

  push(message: T, cost: number): void {
    if (this.#ended) {
      this.#onConsumed(cost);
      return;
    }
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#items.push(message, cost);
      return;
    }
    this.#waiting = undefined;
    this.#onConsumed(cost);
    waiting.resolve({ done: false, value: message });
  }

  /** No more messages; those that wait are still pulled. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  /** The stream has failed: what waits is still pulled, then the error. */
  fail(error: CrucibleError): void {
    if (this.#ended) return;
    this.#ended = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#error = error;
    else waiting.reject(error);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#head < this.#items.length) {
      const value = this.#items[this.#head] as T;
      const cost = this.#items[this.#head + 1] as number;
      this.#head += 2;
      if (this.#head === this.#items.length) {
        this.#items.length = 0;
        this.#head = 0;
      } else if (this.#head >= 1024) {
        // Moving what is left once in 512 messages keeps the array short without a move for each.
        this.#items.splice(0, this.#head);
        this.#head = 0;
      }
      this.#onConsumed(cost);
      return Promise.resolve({ done: false, value });
    }
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    if (this.#waiting !== undefined) {
      return Promise.reject(
        new CrucibleError("STREAM_MISUSE", "a stream has one consumer; await each next() before the following one"),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** The consumer leaves: what waits is dropped. */
  return(): Promise<IteratorResult<T, undefined>> {
    const abandoned = !this.#ended;
    this.end();
    let dropped = 0;
    for (let i = this.#head + 1; i < this.#items.length; i += 2) dropped += this.#items[i] as number;
    this.#items.length = 0;
    this.#head = 0;
    this.#error = undefined;
    if (dropped > 0) this.#onConsumed(dropped);
    if (abandoned) this.#onAbandoned();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
