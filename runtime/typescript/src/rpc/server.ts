import { textOf } from "../error/crucible-error.js";
import { CrucibleError } from "../error/index.js";
import { Flag, priorityOf } from "../frame/frame.js";
import { requireSealedCalls } from "../session/encryption.js";
import { envelope, readEnvelope } from "../session/envelope.js";
import type { AcceptingLane, Acceptor } from "../session/incoming-calls.js";
import type { Session } from "../session/pool/session.js";
import { throwLater } from "../session/throw-later.js";
import type { Client } from "./client.js";
import type { Deadlines } from "./deadlines.js";
import type { HostedHandler, Registry } from "./registry.js";
import { chain, type InterceptedCall, type Interceptor } from "./interceptor.js";
import { decodeRequest, ServerCall, type ServerCore, streamsRequests, streamsResponses } from "./server-call.js";
import type { PeerInfo } from "./service.js";

/** The longest time that a call may ask for, in microseconds: a day. */
const maxTimeoutUs = 86_400_000_000;

/**
 * What is wrong with a handler: it threw what was no CrucibleError, made a call of its own that could not be sent, or gave an
 * answer that cannot be. For the log of this side.
 */
export interface HandlerFailure {
  /** `package.Service/Method`. */
  readonly method: string;
  readonly error: unknown;
}

/** Reasons that tell somebody what it did wrong itself. From a handler they are about the handler, never about its caller. */
const localReasons: ReadonlySet<string> = new Set(["ENCODE_INVALID", "METADATA_INVALID", "OPTION_INVALID"]);

export interface ServerOptions {
  readonly session: Session;
  readonly deadlines: Deadlines;
  readonly registry: Registry;
  readonly peer: PeerInfo;
  readonly client: () => Client;
  readonly interceptors: readonly Interceptor[];
  /** Check requests as they arrive. */
  readonly validateRequests: boolean;
  /** Check responses before they leave. */
  readonly validateResponses: boolean;
  /** Tell the peer what an unexpected error says. A daemon does not: its plugins need not know its insides. */
  readonly exposeErrors: boolean;
  /** Whether the peer holds a capability. */
  readonly allows: (capability: string) => boolean;
  readonly onHandlerFailure: (failure: HandlerFailure) => void;
}

/** Answers the calls of one session by the handlers of a registry. */
export class Server implements Acceptor, ServerCore {
  readonly #options: ServerOptions;
  readonly session: Session;
  readonly deadlines: Deadlines;
  readonly peer: PeerInfo;
  readonly validateRequests: boolean;
  readonly validateResponses: boolean;
  readonly client: () => Client;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.session = options.session;
    this.deadlines = options.deadlines;
    this.peer = options.peer;
    this.validateRequests = options.validateRequests;
    this.validateResponses = options.validateResponses;
    this.client = options.client;
  }

  onRequest(
    lane: AcceptingLane,
    id: number,
    flags: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    cost: number,
    window: number,
  ): void {
    const sealed = (flags & Flag.Encrypted) !== 0;
    let hosted: HostedHandler;
    let request: unknown;
    let timeoutUs: number | undefined;
    try {
      readEnvelope(bytes, start, end);
      timeoutUs = envelope.timeoutUs;
      hosted = this.#find(envelope.methodId);
    } catch (error) {
      lane.refuse(id, CrucibleError.from(error), sealed);
      return;
    }
    const { method } = hosted;
    if (method.sensitive !== sealed && this.session.encryption !== "everything") {
      const must = method.sensitive ? "must be sealed" : "must not be sealed";
      throw new CrucibleError(
        "SEAL_REQUIRED",
        `a call of ${method.name} ${must}; generate both sides from the same schema`,
      );
    }
    const withStream = streamsRequests(method);
    try {
      if (method.sensitive) requireSealedCalls(method.name, this.session.encryption);
      this.#admit(hosted, flags, withStream);
      if (!withStream) {
        if ((flags & Flag.Handoff) !== 0) this.session.sharing.fetchBody(method.name);
        request = decodeRequest(this, method);
      }
    } catch (error) {
      lane.refuse(id, CrucibleError.from(error, "DECODE_INVALID"), sealed);
      return;
    }
    const call = new ServerCall(this, method, envelope.metadata);
    call.sealed = sealed;
    call.priority = priorityOf(flags);
    call.remoteEnded = !withStream;
    lane.accept(call, id, window);
    if (timeoutUs !== undefined) {
      call.deadlineMs = lane.arrivedMs + Math.min(timeoutUs, maxTimeoutUs) / 1000;
      this.deadlines.add(call);
    }
    if (withStream) {
      request = call.expectRequests();
      lane.consumed(call, cost);
    }
    this.#run(hosted, call, request);
  }

  errorOf(error: unknown, call: ServerCall): CrucibleError {
    if (error instanceof CrucibleError && !localReasons.has(error.reason)) {
      // An error of this side's own peer, passed on: the caller learns it as it is, and that its handler had started.
      return new CrucibleError(error.reason, error.message, {
        category: error.category,
        code: error.code,
        retryable: error.retryable,
        retryAfterMs: error.retryAfterMs,
        started: true,
        details: error.details,
        cause: error,
      });
    }
    this.#report(error, call);
    return this.#handlerFailed(error, "", call);
  }

  unsent(error: unknown, call: ServerCall): CrucibleError {
    if (error instanceof CrucibleError && !localReasons.has(error.reason)) {
      if (error.reason === "VALIDATION_FAILED") this.#report(error, call);
      return this.errorOf(error, call);
    }
    const fact = `its answer cannot be sent: ${textOf(error)}`;
    this.#report(new CrucibleError("HANDLER_FAILED", fact, { cause: error }), call);
    return this.#handlerFailed(error, "its answer cannot be sent: ", call);
  }

  #report(error: unknown, call: ServerCall): void {
    try {
      this.#options.onHandlerFailure({ method: call.method.name, error });
    } catch (thrown) {
      throwLater(thrown);
    }
  }

  #handlerFailed(error: unknown, what: string, call: ServerCall): CrucibleError {
    const isTold = this.#options.exposeErrors && error instanceof Error;
    const text = isTold ? `: ${what}${error.message}` : "; the log of its host says more";
    return new CrucibleError("HANDLER_FAILED", `${call.method.name} failed${text}`, { started: true, cause: error });
  }

  #find(methodId: number): HostedHandler {
    const hosted = this.#options.registry.get(methodId);
    if (hosted !== undefined) return hosted;
    const hex = methodId.toString(16).padStart(8, "0");
    throw new CrucibleError(
      "METHOD_UNKNOWN",
      `no method with wire id 0x${hex} is hosted here; generate both sides from the same schema`,
    );
  }

  /** Refuses a call that must not start. */
  #admit({ method }: HostedHandler, flags: number, withStream: boolean): void {
    if (method.capability !== "" && !this.#options.allows(method.capability)) {
      throw new CrucibleError(
        "CAPABILITY_MISSING",
        `plugin ${this.peer.id} may not call ${method.name}; grant it ${method.capability} at launch`,
      );
    }
    if (envelope.timeoutUs === 0) {
      throw new CrucibleError("DEADLINE_EXCEEDED", `the deadline of ${method.name} had passed when it arrived`);
    }
    const hasBody = envelope.bodyStart >= 0;
    const ends = (flags & Flag.EndStream) !== 0;
    if (withStream ? hasBody || ends : !hasBody || !ends) {
      throw new CrucibleError(
        "METHOD_MISMATCH",
        `the Request of ${method.name} has the shape of another kind; generate both sides from the same schema`,
      );
    }
  }

  #run(hosted: HostedHandler, call: ServerCall, request: unknown): void {
    let outcome: unknown;
    let later: boolean;
    try {
      outcome =
        this.#options.interceptors.length === 0
          ? hosted.handle(request, call)
          : this.#intercepted(hosted, call, request);
      later = isThenable(outcome);
      // What only looks like a promise may throw, or settle twice.
      if (later && !(outcome instanceof Promise)) outcome = Promise.resolve(outcome);
    } catch (error) {
      call.throw(error);
      return;
    }
    if (streamsResponses(hosted.method)) {
      const messages = outcome as AsyncIterable<unknown>;
      void call.stream(later ? iterateLater(outcome as Promise<unknown>) : messages);
    } else if (later) {
      (outcome as Promise<unknown>).then(
        (message) => call.succeed(message),
        (error: unknown) => call.throw(error),
      );
    } else {
      call.succeed(outcome);
    }
  }

  #intercepted(hosted: HostedHandler, call: ServerCall, request: unknown): Promise<unknown> {
    const passed: InterceptedCall = {
      side: "server",
      method: hosted.method,
      peer: this.peer,
      metadata: new Map(call.metadata),
      signal: call.signal,
      get timeLeftMs() {
        return call.timeLeftMs;
      },
      message: request,
    };
    return chain(this.#options.interceptors, async ({ message }) => hosted.handle(message, call))(passed);
  }
}

function isThenable(value: unknown): boolean {
  return (
    value instanceof Promise ||
    (typeof value === "object" && value !== null && "then" in value && typeof value.then === "function")
  );
}

async function* iterateLater(outcome: Promise<unknown>): AsyncGenerator<unknown> {
  yield* (await outcome) as AsyncIterable<unknown>;
}
