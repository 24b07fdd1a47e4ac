import type { Codec } from "../codec/codec.js";
import type { CrucibleError } from "../error/index.js";
import type { Shrinker } from "./compression.js";
import type { Held } from "./handoff/incoming-regions.js";
import type { OutgoingRegion } from "./handoff/outgoing-regions.js";
import type { Head } from "./head.js";
import { initialWindowBytes } from "./limits.js";

/** A message that waits for credit: an encoded envelope, cut into fragments as the window allows. */
export interface Outgoing {
  readonly type: number;
  /** Flags of its last fragment. */
  readonly flags: number;
  /** Message id; 0 until it is drawn. */
  id: number;
  /** Told the id when it is drawn. */
  readonly onId?: (id: number) => void;
  readonly bytes: Uint8Array;
  /** The bytes stay their owner's, who may send them again. */
  readonly kept?: boolean;
  /** How many bytes have left. */
  sent: number;
  /** Where its body lies, when that is shared memory. */
  readonly region?: OutgoingRegion | undefined;
}

/** The connection that a call travels on, all of it, as the call knows it. */
export interface CallLane {
  /** Sends a message of a live call. Throws what the codec throws, and MESSAGE_TOO_LARGE; nothing was sent then. */
  send(call: Call, type: number, flags: number, head: Head, codec: Codec | undefined, message: unknown): void;
  /** The user has consumed `bytes` of what was received; they are granted again once half a window has gathered. */
  consumed(call: Call, bytes: number): void;
  /** Ends a call opened here that is no longer wanted, and tells the peer. */
  cancel(call: Call): void;
  /** Ends a call of the peer well: its last message has been handed to `send`. */
  finish(call: Call): void;
  /** Ends a call of the peer badly. */
  fail(call: Call, error: CrucibleError): void;
  /**
   * The handler of a call of the peer has settled. Once it has ended too, it no longer counts against the limit. Once for
   * each call that was accepted.
   */
  settled(call: Call): void;
}

/**
 * One live call as its session sees it: an id, a window each way, and who is told what arrives. Clients and servers
 * extend it.
 *
 *   opener:  open ──last message sent──▶ half-closed ──Response or Error──▶ ended
 *   callee:  open ──last message received──▶ half-closed ──Response or Error sent──▶ ended
 *
 * Any side may leave for `ended` from any state: by Error, by Cancel, or with the connection.
 *
 * Its fields are only declared, and made by the constructor, as those of its heirs: with initializers of their own, which V8
 * puts into no caller, making one took 59 ns instead of 30 (Node 20 and 24).
 */
export abstract class Call {
  /** Message id; 0 until the call is opened. */
  declare id: number;
  /** The connection that it travels on; undefined until the call is opened or accepted. */
  declare lane: CallLane | undefined;
  /** It is expected to move much: it should travel apart from small ones. */
  declare bulk: boolean;
  /** It has been seen to move much. */
  declare large: boolean;
  /** Which of the calls that wait sends first: 0 the last, 3 the first; none waits for ever. */
  declare priority: 0 | 1 | 2 | 3;
  /** Every frame of the call is sealed. */
  declare sealed: boolean;
  /** What compresses its messages. */
  declare shrinker: Shrinker | undefined;
  /** The peer has sent its last message. */
  declare remoteEnded: boolean;
  /** The call is over; nothing more is sent or delivered. */
  declare ended: boolean;
  /** On the callee's side: its handler is done, though its answer may still wait. */
  declare settled: boolean;

  // Sending: bytes the peer will still take, and what waits for more.
  declare sendWindow: number;
  declare queue: Outgoing[] | undefined;

  // Receiving: bytes the peer may still send, and those consumed that were not granted again.
  declare receiveWindow: number;
  /** What the peer may have on its way when all was granted; it grows. */
  declare windowBytes: number;
  /** When bytes were last granted, on the monotonic clock. */
  declare grantedMs: number;
  declare ungranted: number;
  /** What whole messages that nobody has taken yet have cost; 0 once the peer has sent its last one. */
  declare waitingBytes: number;
  /** What fragments behind them have cost: they are not granted again before those are taken. */
  declare heldBytes: number;
  /** Regions of messages that have arrived and are to be consumed, in order. */
  declare held: Held[] | undefined;
  /** Fragments of a message that is not complete. */
  declare assembly: Uint8Array | undefined;
  declare assembled: number;
  /** How long it says it will be; 0 when it does not. A hint. */
  declare announced: number;
  /** Type of the frames it comes in. */
  declare assemblyType: number;

  constructor() {
    this.id = 0;
    this.lane = undefined;
    this.bulk = false;
    this.large = false;
    this.priority = 0;
    this.sealed = false;
    this.shrinker = undefined;
    this.remoteEnded = false;
    this.ended = false;
    this.settled = false;
    this.sendWindow = initialWindowBytes;
    this.queue = undefined;
    this.receiveWindow = initialWindowBytes;
    this.windowBytes = initialWindowBytes;
    this.grantedMs = 0;
    this.ungranted = 0;
    this.waitingBytes = 0;
    this.heldBytes = 0;
    this.held = undefined;
    this.assembly = undefined;
    this.assembled = 0;
    this.announced = 0;
    this.assemblyType = 0;
  }

  /**
   * A whole message. Its envelope is `bytes[start, end)`, which stays as it is. `cost` is what to hand to
   * `Session.consumed` once the message has been used; a call that has ended need not.
   */
  abstract onMessage(type: number, flags: number, bytes: Uint8Array, start: number, end: number, cost: number): void;
  /** The call has ended badly: by the peer's Error, a Cancel, a broken rule or the loss of the connection. Called at most once. */
  abstract onFailed(error: CrucibleError): void;
  /** All that waited for credit has been sent. */
  onSent(): void {}
  /** It has been seen to move much; told once. */
  onLarge(): void {}
}
