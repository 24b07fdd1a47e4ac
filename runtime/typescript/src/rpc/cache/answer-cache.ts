import { CrucibleError } from "../../error/index.js";
import { shown } from "../../error/text.js";
import type { Binding, ClientCore, Outdating } from "../client-core.js";
import { type CallOptions, type Method, MethodKind } from "../service.js";
import type { AnswerSpace, Shelf } from "./answer-space.js";
import { Flight, type OnAnswer } from "./flight.js";
import { type KeyedRequest, keyRequest } from "./keyed-request.js";

/** When a call must end, whoever it shares an answer with. */
export interface CallEnd {
  /** On the monotonic clock; undefined for none. */
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Answers of the peer that may be served again, for the calls of one session. It stands between the interceptors, which
 * see every call, and the wire.
 *
 * - What is kept is the encoded answer; each caller gets a message of its own and may change it.
 * - An answer belongs to its session, method, request and metadata, each byte of them. It is never seen by another
 *   session, and goes with its own.
 * - An answer is fresh for the ttl of its method, from when it arrived. Errors are never kept, nor answers that are not
 *   valid, nor those of a sensitive method whose schema does not allow it.
 * - Equal requests at one time share one call. A caller that is cancelled or late leaves alone; the call is cancelled when
 *   nobody waits for it any more. When its deadline, that of the caller who opened it, passes before those of others, a
 *   new call is made for them. Whatever else it ends with, all of them get.
 * - What has been invalidated is not served again, and a call that was on its way by then answers those who wait for it,
 *   nobody else, and leaves nothing behind.
 */
export interface AnswerCache extends Outdating {
  /**
   * The answer to `request`, a call of the session of `core`: one that was kept, one that is on its way, or a new one. `undefined` when the cache has no
   * part in such a call: make it as any other.
   *
   * @throws CrucibleError what a call that cannot be made throws: ENCODE_INVALID, METADATA_INVALID, OPTION_INVALID and, also
   * where an answer is at hand, SESSION_CLOSED and SHUTTING_DOWN.
   */
  answer(
    core: ClientCore,
    method: Method,
    binding: Binding,
    request: unknown,
    options: CallOptions | undefined,
    end: CallEnd,
  ): Promise<unknown> | undefined;
  /** Forgets everything: events that change it may have been missed. */
  clear(): void;
  /** Forgets everything and keeps nothing more: the session has ended. May be called twice. */
  close(): void;
}

/** What is known of one method whose answers are kept. */
interface Cached {
  readonly shelf: Shelf;
  /** The calls on their way whose answers may still be kept and shared, by the key of their request. */
  readonly flights: Map<string, Flight>;
}

/** The cache of one session, whose answers lie in `space` with those of other sessions. */
export class SessionAnswers implements AnswerCache {
  readonly #space: AnswerSpace;
  /** By full name of the method. Made with the first: most sessions have none. */
  #methods: Map<string, Cached> | undefined;
  /** Methods that events invalidate, by subject. */
  #bySubject: Map<string, Cached[]> | undefined;
  #closed = false;

  constructor(space: AnswerSpace) {
    this.#space = space;
  }

  answer(
    core: ClientCore,
    method: Method,
    binding: Binding,
    request: unknown,
    options: CallOptions | undefined,
    end: CallEnd,
  ): Promise<unknown> | undefined {
    const use = useOf(options);
    const policy = method.cache;
    if (use === "skip" || policy === undefined || method.kind !== MethodKind.Unary) return undefined;
    if (this.#closed || this.#space.maxBytes === 0 || (method.sensitive && policy.allowSensitive !== true))
      return undefined;
    core.session.assertOpen();
    const keyed = keyRequest(method, options?.metadata, request, policy.maxBytes);
    if (keyed === undefined) return undefined;
    const cached = this.#methods?.get(method.name) ?? this.#add(core, method);
    if (use === "use") {
      const kept = cached.shelf.get(keyed.key);
      // A copy, since bytes of the message may be views of it.
      if (kept !== undefined) return Promise.resolve(method.response.read(kept.slice(), 0, kept.length));
    }
    return new Promise((resolve, reject) => {
      const flying = use === "use" ? cached.flights.get(keyed.key) : undefined;
      const flight = flying ?? this.#launch(cached, core, method, binding, keyed);
      flight.join({ resolve, reject, ...end });
    });
  }

  invalidate(methods: readonly string[]): void {
    for (const name of methods) {
      const cached = this.#methods?.get(name);
      if (cached !== undefined) forget(cached);
    }
  }

  clear(): void {
    for (const cached of this.#methods?.values() ?? []) forget(cached);
  }

  close(): void {
    this.#closed = true;
    this.clear();
    this.#methods = undefined;
    this.#bySubject = undefined;
  }

  #add({ session }: ClientCore, method: Method): Cached {
    const { maxBytes, invalidatedByEvents = [] } = method.cache!;
    const cached = { shelf: this.#space.shelf(maxBytes, method.sensitive), flights: new Map<string, Flight>() };
    (this.#methods ??= new Map()).set(method.name, cached);
    for (const subject of invalidatedByEvents) {
      this.#bySubject ??= new Map();
      const others = this.#bySubject.get(subject);
      if (others === undefined) this.#bySubject.set(subject, [cached]);
      else others.push(cached);
    }
    // Nothing was kept before the first subject was known, so no event was missed.
    if (invalidatedByEvents.length > 0) session.events.onArrival = (subject) => this.#onEvent(subject);
    return cached;
  }

  /** An event has arrived; each subject covers those under it. */
  #onEvent(subject: string): void {
    for (let end = subject.indexOf("."); end >= 0; end = subject.indexOf(".", end + 1)) {
      this.#bySubject?.get(subject.slice(0, end))?.forEach(forget);
    }
    this.#bySubject?.get(subject)?.forEach(forget);
  }

  #launch(cached: Cached, core: ClientCore, method: Method, binding: Binding, keyed: KeyedRequest): Flight {
    const { key } = keyed;
    const onAnswer: OnAnswer = (body) => {
      // Another flight has its place, or none has: something has changed since this one left.
      if (cached.flights.get(key) !== flight) return;
      cached.flights.delete(key);
      if (body !== undefined) cached.shelf.set(key, body, method.cache!.ttlMs);
    };
    const flight = new Flight(core, method, binding, keyed, onAnswer);
    cached.flights.set(key, flight);
    return flight;
  }
}

function forget({ shelf, flights }: Cached): void {
  shelf.clear();
  flights.clear();
}

function useOf(options: CallOptions | undefined): NonNullable<CallOptions["cache"]> {
  const use = options?.cache ?? "use";
  if (use === "use" || use === "refresh" || use === "skip") return use;
  throw new CrucibleError("OPTION_INVALID", `cache is ${shown(use)}; it is "use", "refresh" or "skip"`);
}
