import { CrucibleError } from "../error/index.js";
import { Flag, overheadBytes } from "../frame/frame.js";
import type { Call } from "./call.js";
import type { Grants } from "./grants.js";
import type { SessionLimits } from "./limits.js";
import { appendFragment, takeAssembly } from "./reassembly.js";

/** Room that a message may have before it has arrived, and how many may have it at once. */
const aheadBytes = 1_114_112;
const mostAhead = 16;

/** Told of a whole message of a live call. */
export type OnMessage = (
  call: Call,
  type: number,
  flags: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  cost: number,
) => void;

/**
 * The receiving half of a session: checks the data frames of live calls against seal and window, puts fragments together
 * and bounds what is not complete.
 */
export class Inbox {
  readonly #limits: SessionLimits;
  readonly #grants: Grants;
  readonly #onMessage: OnMessage;
  readonly #onRefused: (call: Call, error: CrucibleError) => void;
  /** Calls with a message that is not complete, the youngest last. */
  #incomplete: Set<Call> | undefined;
  #incompleteBytes = 0;
  /** Bytes of messages that are complete and were granted before they were taken, by call; they count as incomplete. */
  #untaken: Map<Call, number> | undefined;

  /** `onRefused` ends a call by what the peer sent. */
  constructor(
    limits: SessionLimits,
    grants: Grants,
    onMessage: OnMessage,
    onRefused: (call: Call, error: CrucibleError) => void,
  ) {
    this.#limits = limits;
    this.#grants = grants;
    this.#onMessage = onMessage;
    this.#onRefused = onRefused;
  }

  /** A data frame of a live call. */
  receive(call: Call, type: number, flags: number, bytes: Uint8Array, start: number, end: number): void {
    assertSeal(call, flags);
    const cost = overheadBytes + end - start;
    call.receiveWindow -= cost;
    if (call.receiveWindow < 0) throw creditExceeded(call.id);
    const more = (flags & Flag.More) !== 0;
    if (call.assembly !== undefined && call.assemblyType !== type) {
      throw new CrucibleError("BAD_FRAGMENT", `message ${call.id} changes its type between fragments`);
    }
    if (!more && call.assembly === undefined) {
      if ((flags & Flag.EndStream) !== 0) call.remoteEnded = true;
      else call.waitingBytes += cost;
      this.#onMessage(call, type, flags, bytes, start, end, cost);
      return;
    }
    if (more && end === start) {
      throw new CrucibleError("BAD_FRAGMENT", `message ${call.id} has an empty fragment that is not its last`);
    }
    if (call.assembled + end - start > this.#limits.maxMessageBytes) {
      const error = tooLarge(call, `takes more than ${this.#limits.maxMessageBytes} bytes; send it in parts`, false);
      this.#onRefused(call, error);
      return;
    }
    const incomplete = (this.#incomplete ??= new Set());
    if (call.assembly === undefined) incomplete.add(call);
    this.#incompleteBytes += end - start;
    call.assemblyType = type;
    appendFragment(call, bytes, start, end, incomplete.size <= mostAhead ? aheadBytes : 0);
    if (more) {
      if (this.#incompleteBytes > this.#limits.maxIncompleteBytes) {
        this.#forgetTaken();
        this.#refuseYoungest();
      }
      // What is not complete cannot be consumed: its credit comes back as it arrives.
      if (!call.ended) this.#grants.received(call, cost);
      return;
    }
    incomplete.delete(call);
    const whole = takeAssembly(call);
    this.#incompleteBytes -= whole.length;
    // What was not granted as it came is consumed with the message.
    const due = cost + call.heldBytes;
    const granted = call.heldBytes === 0;
    call.heldBytes = 0;
    if ((flags & Flag.EndStream) !== 0) call.remoteEnded = true;
    else call.waitingBytes += due;
    this.#onMessage(call, type, flags, whole, 0, whole.length, due);
    if (granted && call.waitingBytes > 0 && !call.ended) this.#countUntaken(call, whole.length);
  }

  /** The window does not bound this message. There is one such a call: what comes behind it is not granted before it is taken. */
  #countUntaken(call: Call, bytes: number): void {
    const untaken = (this.#untaken ??= new Map());
    this.#incompleteBytes += bytes - (untaken.get(call) ?? 0);
    untaken.set(call, bytes);
  }

  #forgetTaken(): void {
    for (const [call, bytes] of this.#untaken ?? []) {
      if (call.waitingBytes > 0 && !call.ended) continue;
      this.#untaken!.delete(call);
      this.#incompleteBytes -= bytes;
    }
  }

  /** Forgets what has arrived of a message of a call that has ended. */
  forget(call: Call): void {
    if (this.#untaken !== undefined) {
      this.#incompleteBytes -= this.#untaken.get(call) ?? 0;
      this.#untaken.delete(call);
    }
    if (call.assembly === undefined) return;
    this.#incompleteBytes -= call.assembled;
    this.#incomplete!.delete(call);
    call.assembly = undefined;
    call.assembled = 0;
  }

  /** Makes room. To find the youngest takes a walk, but ends a call. */
  #refuseYoungest(): void {
    const incomplete = this.#incomplete!;
    while (this.#incompleteBytes > this.#limits.maxIncompleteBytes && incomplete.size > 0) {
      let youngest: Call | undefined;
      for (const call of incomplete) youngest = call;
      const error = tooLarge(youngest!, "came in while too many others were incomplete; try again later", true);
      this.#onRefused(youngest!, error);
    }
  }
}

/** Throws SEAL_REQUIRED when a frame is sealed and its call is not, or the other way round. */
export function assertSeal(call: Call, flags: number): void {
  if (call.sealed !== ((flags & Flag.Encrypted) !== 0)) {
    throw new CrucibleError(
      "SEAL_REQUIRED",
      `call ${call.id} mixes sealed and clear frames; seal all of a sensitive call and no other`,
    );
  }
}

/** What ends the connection of a peer that sends more than it may. */
export function creditExceeded(id: number): CrucibleError {
  return new CrucibleError("CREDIT_EXCEEDED", `message ${id} sends more than its window; wait for credit`);
}

function tooLarge(call: Call, what: string, retryable: boolean): CrucibleError {
  return new CrucibleError("MESSAGE_TOO_LARGE", `message ${call.id} ${what}`, { retryable });
}
