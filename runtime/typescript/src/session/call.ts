import type { Codec } from "../codec/codec.js";
import type { CrucibleError } from "../error/index.js";
import type { Shrinker } from "./compression.js";
import type { Held } from "./handoff/handoff.js";
import type { OutgoingRegion } from "./handoff/outgoing-regions.js";
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
  send(
    call: Call,
    type: number,
    flags: number,
    head: Uint8Array,
    headBytes: number,
    codec: Codec | undefined,
    message: unknown,
  ): void;
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
 */
export abstract class Call {
  /** Message id; 0 until the call is opened. */
  id = 0;
  /** The connection that it travels on; undefined until the call is opened or accepted. */
  lane: CallLane | undefined = undefined;
  /** It is expected to move much: it should travel apart from small ones. */
  bulk = false;
  /** It has been seen to move much. */
  large = false;
  /** Which of the calls that wait sends first: 0 the last, 3 the first; none waits for ever. */
  priority: 0 | 1 | 2 | 3 = 0;
  /** Every frame of the call is sealed. */
  sealed = false;
  /** What compresses its messages. */
  shrinker: Shrinker | undefined = undefined;
  /** The peer has sent its last message. */
  remoteEnded = false;
  /** The call is over; nothing more is sent or delivered. */
  ended = false;
  /** On the callee's side: its handler is done, though its answer may still wait. */
  settled = false;

  // Sending: bytes the peer will still take, and what waits for more.
  sendWindow: number = initialWindowBytes;
  queue: Outgoing[] | undefined = undefined;

  // Receiving: bytes the peer may still send, and those consumed that were not granted again.
  receiveWindow: number = initialWindowBytes;
  /** What the peer may have on its way when all was granted; it grows. */
  windowBytes: number = initialWindowBytes;
  /** When bytes were last granted, on the monotonic clock. */
  grantedMs = 0;
  ungranted = 0;
  /** What whole messages that nobody has taken yet have cost; 0 once the peer has sent its last one. */
  waitingBytes = 0;
  /** What fragments behind them have cost: they are not granted again before those are taken. */
  heldBytes = 0;
  /** Regions of messages that have arrived and are to be consumed, in order. */
  held: Held[] | undefined = undefined;
  /** Fragments of a message that is not complete. */
  assembly: Uint8Array | undefined = undefined;
  assembled = 0;
  /** How long it says it will be; 0 when it does not. A hint. */
  announced = 0;
  /** Type of the frames it comes in. */
  assemblyType = 0;

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
