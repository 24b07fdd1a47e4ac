import { CrucibleError } from "../error/index.js";

/** Frames that have arrived and wait, because who handles them has to wait for something. */
export class HeldFrames {
  readonly #frames: Uint8Array[] = [];
  readonly #peer: string;
  #room: number;

  /** `maxBytes` of them, headers included, may wait. */
  constructor(maxBytes: number, peer: string) {
    this.#room = maxBytes;
    this.#peer = peer;
  }

  /** One more. Throws CONTROL_FLOOD. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#room -= end - start;
    if (this.#room < 0) {
      throw new CrucibleError(
        "CONTROL_FLOOD",
        `peer ${this.#peer} sends too much before it is known; wait for the answer`,
      );
    }
    // A copy: the connection may read over the original.
    this.#frames.push(bytes.slice(start, end));
  }

  /** Hands them on in order. */
  deliver(sink: { onFrame(bytes: Uint8Array, start: number, end: number): void }): void {
    for (const frame of this.#frames) sink.onFrame(frame, 0, frame.length);
  }
}
