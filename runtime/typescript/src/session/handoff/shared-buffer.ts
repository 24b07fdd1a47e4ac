import { allocate } from "../../codec/allocate.js";

/**
 * Bytes to be filled and sent as a `bytes` field without being copied: see `allocate` of a plugin. To be filled before the
 * message is sent, and not touched after that, when they are the receiver's to read and then free for other messages. The
 * receiver can see them as they are filled. What stands beside them in the message may take 8 KiB on either side.
 */
export class SharedBuffer {
  /**
   * As many bytes as were asked for, of any content. Give these themselves, or from their beginning on fewer of them, as one
   * `bytes` field directly in the message: what stands deeper, or stands twice, is copied or refused.
   */
  readonly bytes: Uint8Array;
  /** Whether they lie in shared memory. If not, they are ordinary ones, and the message is sent like any other. */
  readonly shared: boolean;
  readonly #release: () => void;

  /** @internal Use allocate. */
  constructor(bytes: Uint8Array, shared: boolean, release: () => void) {
    this.bytes = bytes;
    this.shared = shared;
    this.#release = release;
  }

  /** Gives the memory back when nothing was sent of it; else does nothing. May be called twice. Not to be used after it. */
  release(): void {
    this.#release();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** A buffer of ordinary memory, for where none is shared. */
export function ordinaryBuffer(bytes: number): SharedBuffer {
  return new SharedBuffer(allocate(bytes), false, () => {});
}
