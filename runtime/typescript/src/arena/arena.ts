/**
 * Memory that two processes share, in one direction: one writes it, the other reads. What a region of it means, and when it
 * is free again, is not its business. The other process may change the bytes at any time, lawfully or not.
 *
 *   open ── close ──▶ closed: reads give zeros, there are no more views
 *
 * `close` may be called twice, and while views are in use: those then read zeros, and what is written to them is lost.
 */
export interface ReadableArena {
  /** In bytes. */
  readonly length: number;
  /** A copy of the bytes `[offset, offset + length)`, in an ArrayBuffer of its own. */
  read(offset: number, length: number): Uint8Array;
  /**
   * The bytes `[offset, offset + length)` themselves; undefined where memory cannot be mapped. Whoever writes to them ends
   * the process. `onLost` is called once nobody has the view any more, where that can be known.
   */
  view(offset: number, length: number, onLost: () => void): Uint8Array | undefined;
  close(): void;
}

/** The side that writes. */
export interface WritableArena {
  /** In bytes. */
  readonly length: number;
  /** All of it, to be written; undefined where memory cannot be mapped. */
  map(): Uint8Array | undefined;
  /** The bytes `[offset, offset + length)`, to be written; otherwise as of a ReadableArena. */
  view(offset: number, length: number, onLost: () => void): Uint8Array | undefined;
  /** Gives the memory that is in use back to the system. What is read next is zeros, on both sides. */
  clear(): void;
  close(): void;
}

/** Both directions, as one side sees them. */
export interface ArenaPair {
  readonly outgoing: WritableArena;
  readonly incoming: ReadableArena;
}
