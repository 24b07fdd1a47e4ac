import { Call } from "./call.js";

/** A Request whose fragments are still coming in: nobody knows yet what it asks. */
export class PendingRequest extends Call {
  readonly #onEnd: (whole: Uint8Array | undefined, flags: number, cost: number) => void;

  /** `onEnd` is told the whole envelope, the flags and cost of its last fragment, or undefined when it will never be whole. */
  constructor(onEnd: (whole: Uint8Array | undefined, flags: number, cost: number) => void) {
    super();
    this.#onEnd = onEnd;
  }

  override onMessage(
    _type: number,
    flags: number,
    bytes: Uint8Array,
    _start: number,
    _end: number,
    cost: number,
  ): void {
    this.#onEnd(bytes, flags, cost);
  }

  override onFailed(): void {
    this.#onEnd(undefined, 0, 0);
  }
}
