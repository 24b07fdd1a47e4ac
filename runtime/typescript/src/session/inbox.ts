import { CrucibleError } from "../error/index.js";
import { Flag, overheadBytes } from "../frame/frame.js";
import type { Call } from "./call.js";
import type { Grants } from "./grants.js";
import type { SessionLimits } from "./limits.js";
import { handedOffCost } from "./handoff/handoff.js";
import { appendFragment, takeAssembly } from "./reassembly.js";
import type { Refuse, Unfinished } from "./unfinished.js";

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
 * The receiving half of a connection: checks the data frames of live calls against seal and window, puts fragments together
 * and bounds what is not complete.
 */
export class Inbox {
  readonly #limits: SessionLimits;
  readonly #grants: Grants;
  readonly #unfinished: Unfinished;
  readonly #onMessage: OnMessage;
  readonly #onLarge: (call: Call) => void;
  readonly #onRefused: Refuse;
  /** Bytes of messages that are complete and were granted before they were taken, by call; they count as incomplete. */
  #untaken: Map<Call, number> | undefined;

  /** `onLarge` is told of calls whose messages come in parts; `onRefused` ends a call by what the peer sent. */
  constructor(
    limits: SessionLimits,
    grants: Grants,
    unfinished: Unfinished,
    onMessage: OnMessage,
    onLarge: (call: Call) => void,
    onRefused: Refuse,
  ) {
    this.#limits = limits;
    this.#grants = grants;
    this.#unfinished = unfinished;
    this.#onMessage = onMessage;
    this.#onLarge = onLarge;
    this.#onRefused = onRefused;
  }

  /** A data frame of a live call. */
  receive(call: Call, type: number, flags: number, bytes: Uint8Array, start: number, end: number): void {
    assertSeal(call, flags);
    const cost = overheadBytes + end - start;
    call.receiveWindow = this.charge(call.id, call.receiveWindow, cost);
    const more = (flags & Flag.More) !== 0;
    if (call.assembly !== undefined && call.assemblyType !== type) {
      throw new CrucibleError("BAD_FRAGMENT", `message ${call.id} changes its type between fragments`);
    }
    if (!more && call.assembly === undefined) {
      if ((flags & Flag.EndStream) !== 0) call.remoteEnded = true;
      else call.waitingBytes += cost;
      const handedOff = (flags & Flag.Handoff) === 0 ? 0 : handedOffCost;
      this.#onMessage(call, type, flags, bytes, start, end, cost + handedOff);
      return;
    }
    if ((flags & Flag.Handoff) !== 0) {
      throw new CrucibleError("BAD_HANDOFF", `message ${call.id} has fragments and a region; hand it off as a whole`);
    }
    if (more && end === start) {
      throw new CrucibleError("BAD_FRAGMENT", `message ${call.id} has an empty fragment that is not its last`);
    }
    if (call.assembled + end - start > this.#limits.maxMessageBytes) {
      const error = tooLarge(call, `takes more than ${this.#limits.maxMessageBytes} bytes; send it in parts`);
      this.#onRefused(call, error);
      return;
    }
    const unfinished = this.#unfinished;
    if (call.assembly === undefined) {
      unfinished.begin(call, this.#onRefused);
      this.#onLarge(call);
    }
    unfinished.count(end - start);
    call.assemblyType = type;
    appendFragment(call, bytes, start, end, unfinished.size <= mostAhead ? aheadBytes : 0);
    if (more) {
      if (unfinished.full) {
        this.#forgetTaken();
        unfinished.makeRoom();
      }
      // What is not complete cannot be consumed: its credit comes back as it arrives.
      if (!call.ended) this.#grants.received(call, cost);
      return;
    }
    const whole = takeAssembly(call);
    unfinished.end(call, whole.length);
    // What was not granted as it came is consumed with the message.
    const due = cost + call.heldBytes;
    const granted = call.heldBytes === 0;
    call.heldBytes = 0;
    if ((flags & Flag.EndStream) !== 0) call.remoteEnded = true;
    else call.waitingBytes += due;
    this.#onMessage(call, type, flags, whole, 0, whole.length, due);
    if (granted && call.waitingBytes > 0 && !call.ended) this.#countUntaken(call, whole.length);
  }

  /** The window of a call behind a frame that costs `cost`. Throws CREDIT_EXCEEDED. */
  charge(id: number, window: number, cost: number): number {
    const after = this.#grants.advance.charge(window, cost);
    if (after === undefined) throw creditExceeded(id);
    return after;
  }

  /** Nothing is owed any more by a call with this window, which came to nothing. */
  forgive(window: number): void {
    this.#grants.advance.forgive(window);
  }

  /** The window does not bound this message. There is one such a call: what comes behind it is not granted before it is taken. */
  #countUntaken(call: Call, bytes: number): void {
    const untaken = (this.#untaken ??= new Map());
    this.#unfinished.count(bytes - (untaken.get(call) ?? 0));
    untaken.set(call, bytes);
  }

  #forgetTaken(): void {
    for (const [call, bytes] of this.#untaken ?? []) {
      if (call.waitingBytes > 0 && !call.ended) continue;
      this.#untaken!.delete(call);
      this.#unfinished.count(-bytes);
    }
  }

  /** Forgets what has arrived of a message of a call that has ended. */
  forget(call: Call): void {
    if (this.#untaken !== undefined) {
      this.#unfinished.count(-(this.#untaken.get(call) ?? 0));
      this.#untaken.delete(call);
    }
    if (call.assembly === undefined) return;
    this.#unfinished.end(call, call.assembled);
    call.assembly = undefined;
    call.assembled = 0;
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
function creditExceeded(id: number): CrucibleError {
  return new CrucibleError("CREDIT_EXCEEDED", `message ${id} sends more than its window; wait for credit`);
}

function tooLarge(call: Call, what: string): CrucibleError {
  return new CrucibleError("MESSAGE_TOO_LARGE", `message ${call.id} ${what}`);
}
