import { CrucibleError } from "../error/index.js";
import { Flag, FrameType, overheadBytes } from "../frame/frame.js";
import type { Call, CallLane } from "./call.js";
import { CallTable } from "./call-table.js";
import { encodeError } from "./error-frame.js";
import type { Inbox } from "./inbox.js";
import { initialWindowBytes, type SessionLimits } from "./limits.js";
import type { Link } from "./link.js";
import { PendingRequest } from "./pending-request.js";
import type { Shared } from "./shared.js";

/** The connection on which a Request has come. */
export interface AcceptingLane extends CallLane {
  /** When the last bytes arrived, on the monotonic clock: what a call's time left counts from. */
  readonly arrivedMs: number;
  /** Takes a Request as `call`, which may still receive `window` bytes. The handler's end is told by `settled`. */
  accept(call: Call, id: number, window: number): void;
  /** Refuses a Request. */
  refuse(id: number, error: CrucibleError, sealed: boolean): void;
}

/** Who answers the calls that the peer opens. */
export interface Acceptor {
  /**
   * A whole Request with message id `id`; its envelope is `bytes[start, end)`. Either makes a call of it, has `lane` `accept`
   * it and later ends it, or refuses it with `refuse`. `cost` is what to hand to `consumed` once it has been used, and
   * `window` what the caller may still send. What it throws ends the session.
   */
  onRequest(
    lane: AcceptingLane,
    id: number,
    flags: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    cost: number,
    window: number,
  ): void;
}

/** The calls that the peer has opened on one connection, from their Requests to the ends of their handlers. */
export class IncomingCalls {
  readonly #lane: AcceptingLane;
  readonly #link: Link;
  readonly #shared: Shared;
  readonly #limits: SessionLimits;
  readonly #acceptor: Acceptor;
  readonly #inbox: Inbox;
  readonly #onEnd: (call: Call) => void;
  readonly #live = new CallTable();
  /** What of `Shared.taken` is of this connection. */
  #size = 0;
  /** The Request that has just been completed: the call made of it goes on with its windows. */
  #completed: PendingRequest | undefined;
  /** The window of the Request that is being taken; 0 once a call has it. */
  #window = 0;

  /** `onEnd` is told of each call that is no longer live. */
  constructor(
    lane: AcceptingLane,
    link: Link,
    shared: Shared,
    limits: SessionLimits,
    acceptor: Acceptor,
    inbox: Inbox,
    onEnd: (call: Call) => void,
  ) {
    this.#lane = lane;
    this.#link = link;
    this.#shared = shared;
    this.#limits = limits;
    this.#acceptor = acceptor;
    this.#inbox = inbox;
    this.#onEnd = onEnd;
  }

  /** What counts against the limit: a call does until it has ended, what it sent included, and its handler has settled. */
  get size(): number {
    return this.#size;
  }

  /** How many are not answered: Requests that are not complete, and live calls. */
  get live(): number {
    return this.#live.size;
  }

  /** A live call, or a Request that is not complete. */
  get(id: number): Call | undefined {
    return this.#live.get(id);
  }

  all(): Call[] {
    return this.#live.all();
  }

  /** The first frame of a Request. */
  open(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const sealed = (flags & Flag.Encrypted) !== 0;
    if (this.#shared.taken >= this.#limits.maxCalls) {
      const text = `${this.#limits.maxCalls} calls are in flight, which is the limit; wait for some to end`;
      this.refuse(id, new CrucibleError("TOO_MANY_CALLS", text), sealed);
      return;
    }
    if ((flags & Flag.More) === 0) {
      const cost = end - start + overheadBytes;
      this.#take(id, flags, bytes, start, end, cost, this.#inbox.charge(id, initialWindowBytes, cost));
      return;
    }
    const pending = new PendingRequest((whole, lastFlags, cost) => {
      if (whole === undefined) return;
      // What it owes goes on with the call that is made of it.
      const window = pending.receiveWindow;
      pending.receiveWindow = 0;
      this.end(pending);
      this.#completed = pending;
      // The priority is that of the first fragment.
      const allFlags = (lastFlags & ~Flag.Priority) | (flags & Flag.Priority);
      this.#take(id, allFlags, whole, 0, whole.length, cost, window);
      this.#completed = undefined;
    });
    pending.id = id;
    pending.sealed = sealed;
    // No handler works for it yet.
    pending.settled = true;
    this.#add();
    this.#live.add(pending);
    this.#inbox.receive(pending, FrameType.Request, flags, bytes, start, end);
  }

  /** A whole Request, of a call whose window is `window` now. */
  #take(id: number, flags: number, bytes: Uint8Array, start: number, end: number, cost: number, window: number): void {
    this.#window = window;
    this.#acceptor.onRequest(this.#lane, id, flags, bytes, start, end, cost, window);
    // It was refused.
    this.#inbox.forgive(this.#window);
    this.#window = 0;
  }

  /** Takes a Request as `call`. */
  accept(call: Call, id: number, window: number): void {
    call.id = id;
    call.receiveWindow = window;
    this.#window = 0;
    if (this.#completed !== undefined) {
      call.sendWindow = this.#completed.sendWindow;
      call.ungranted = this.#completed.ungranted;
    }
    this.#add();
    this.#live.add(call);
  }

  refuse(id: number, error: CrucibleError, sealed: boolean): void {
    this.#link.sendControl(FrameType.Error, Flag.EndStream, id, encodeError(error), sealed);
  }

  /** Ends a call badly. */
  fail(call: Call, error: CrucibleError): void {
    if (call.ended) return;
    this.refuse(call.id, error, call.sealed);
    this.end(call);
  }

  /** A call is no longer live. */
  end(call: Call): void {
    if (call.ended) return;
    call.ended = true;
    this.#live.delete(call);
    if (call.settled) this.#remove();
    this.#onEnd(call);
  }

  /** Their time is over: what is left fails, and both sides know why. */
  failAll(): void {
    for (const call of this.all()) {
      const started = !(call instanceof PendingRequest);
      const error = new CrucibleError("SHUTTING_DOWN", "the call was not done when its host shut down", { started });
      this.fail(call, error);
      call.onFailed(error);
    }
  }

  /** The connection has ended. */
  endAll(told: (started: boolean) => CrucibleError): void {
    for (const call of this.all()) {
      this.end(call);
      call.onFailed(told(false));
    }
  }

  /** The handler of a call has settled. */
  settled(call: Call): void {
    call.settled = true;
    if (call.ended) this.#remove();
  }

  #add(): void {
    this.#size++;
    this.#shared.taken++;
  }

  #remove(): void {
    this.#size--;
    this.#shared.taken--;
  }
}
