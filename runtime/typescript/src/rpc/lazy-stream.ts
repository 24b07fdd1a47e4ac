import { CrucibleError } from "../error/index.js";

/** A stream that opens its call when it is first read: one that nobody reads costs nothing and leaks nothing. */
export class LazyStream implements AsyncIterable<unknown> {
  readonly #start: () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>;
  #started = false;

  constructor(start: () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>) {
    this.#start = start;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    if (this.#started)
      throw new CrucibleError("STREAM_MISUSE", "a stream is read once; call the method again for another");
    this.#started = true;
    let opened: AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>;
    try {
      opened = this.#start();
    } catch (error) {
      opened = Promise.reject(error as CrucibleError);
    }
    return opened instanceof Promise ? new LaterStream(opened) : opened[Symbol.asyncIterator]();
  }
}

/** Reads a stream that is still being opened. Leaving it before it is open closes it once it is. */
class LaterStream implements AsyncIterator<unknown> {
  readonly #opened: Promise<AsyncIterator<unknown>>;
  #left = false;

  constructor(opened: Promise<AsyncIterable<unknown>>) {
    this.#opened = opened.then((stream) => stream[Symbol.asyncIterator]());
    // Whoever reads is told; one that never does is no unhandled rejection.
    this.#opened.catch(() => {});
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (this.#left) return { done: true, value: undefined };
    return (await this.#opened).next();
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#left = true;
    this.#opened.then((iterator) => iterator.return?.()).catch(() => {});
    return Promise.resolve({ done: true, value: undefined });
  }
}
