/** Calls that wait for an answer by their number: what a protocol that only sends messages needs to carry calls. */
export class PendingCalls<T> {
  readonly #waiting = new Map<number, (answer: T) => void>();
  #last = 0;

  /** @param send gets the number of the new call. */
  open(send: (id: number) => void): Promise<T> {
    return new Promise((resolve) => {
      const id = (this.#last = (this.#last + 1) >>> 0);
      this.#waiting.set(id, resolve);
      send(id);
    });
  }

  answer(id: number, answer: T): void {
    this.#waiting.get(id)!(answer);
    this.#waiting.delete(id);
  }
}
