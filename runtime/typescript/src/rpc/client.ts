import { CrucibleError } from "../error/index.js";
import { Flag } from "../frame/frame.js";
import { requireSealedCalls } from "../session/encryption.js";
import { head, writeRequestHead } from "../session/head.js";
import { assertWanted, checkPriority, checkSignal, ownTimeout } from "./call-options.js";
import type { AnswerCache } from "./cache/answer-cache.js";
import { type ClientCall, sendRequests, StreamResponseCall, UnaryResponseCall } from "./client-call.js";
import { type Binding, cancelled, checkRequest, type ClientCore, deadlineExceeded } from "./client-core.js";
import { chain, type InterceptedCall, type Interceptor } from "./interceptor.js";
import { LazyStream } from "./lazy-stream.js";
import { toMetadataList, toMetadataMap } from "./metadata.js";
import {
  type Caller,
  type CallOptions,
  type Method,
  MethodKind,
  type PeerInfo,
  ServiceClient,
  type ServiceClientClass,
} from "./service.js";

/** A method that the peer hosts, as it said when the session was registered. */
export interface PeerMethod {
  readonly id: number;
  readonly kind: number;
  readonly sensitive: boolean;
}

/** The call inside whose handler this client is used: what its calls inherit. */
export interface Parent {
  /** On the monotonic clock; undefined for none. */
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal;
}

export interface ClientOptions extends ClientCore {
  /** Answers that may be served again. */
  readonly answers: AnswerCache;
  readonly peer: PeerInfo;
  /** What the peer hosts, by full name. */
  readonly methods: ReadonlyMap<string, PeerMethod>;
  readonly interceptors: readonly Interceptor[];
}

/** Makes calls over one session. */
export class Client implements Caller {
  readonly #options: ClientOptions;
  readonly #parent: Parent | undefined;
  /** Methods that were found to match what the peer hosts. */
  readonly #bound: Map<Method, Binding>;
  /** The last of them: most calls are of the method of the call before. */
  #lastMethod: Method | undefined;
  #lastBinding: Binding | undefined;

  constructor(options: ClientOptions, parent?: Parent, bound: Map<Method, Binding> = new Map()) {
    this.#options = options;
    this.#parent = parent;
    this.#bound = bound;
  }

  /** A stub of a service of the peer. */
  stub<Stub extends ServiceClient>(type: ServiceClientClass<Stub>): Stub {
    return new type(this);
  }

  /** The same client for use inside a handler: its calls end with that call, at the latest. */
  within(parent: Parent): Client {
    return new Client(this.#options, parent, this.#bound);
  }

  unary<Init, Res>(method: Method<any, Init, Res, any>, request: Init, options?: CallOptions): Promise<Res> {
    if (this.#options.interceptors.length > 0) {
      return this.#intercepted(method, request, options, (message, given) =>
        this.#unary(method, message, given),
      ) as Promise<Res>;
    }
    return this.#unary(method, request, options) as Promise<Res>;
  }

  serverStream<Init, Res>(
    method: Method<any, Init, Res, any>,
    request: Init,
    options?: CallOptions,
  ): AsyncIterable<Res> {
    return this.#lazily(method, request, options, (message, given) =>
      this.#stream(method, message, given),
    ) as AsyncIterable<Res>;
  }

  clientStream<Init, Res>(
    method: Method<any, Init, Res, any>,
    requests: AsyncIterable<Init> | Iterable<Init>,
    options?: CallOptions,
  ): Promise<Res> {
    if (this.#options.interceptors.length > 0) {
      return this.#intercepted(method, requests, options, (message, given) =>
        this.#collect(method, message as AsyncIterable<Init>, given),
      ) as Promise<Res>;
    }
    return this.#collect(method, requests, options) as Promise<Res>;
  }

  bidiStream<Init, Res>(
    method: Method<any, Init, Res, any>,
    requests: AsyncIterable<Init> | Iterable<Init>,
    options?: CallOptions,
  ): AsyncIterable<Res> {
    return this.#lazily(method, requests, options, (message, given) =>
      this.#stream(method, message, given),
    ) as AsyncIterable<Res>;
  }

  #unary(method: Method, request: unknown, options: CallOptions | undefined): Promise<unknown> {
    if (method.cache !== undefined) {
      const answer = this.#answer(method, request, options);
      if (answer !== undefined) return answer;
    }
    return new Promise((resolve, reject) => {
      const call = new UnaryResponseCall(this.#options, method, this.#bind(method), resolve, reject);
      this.#open(call, Flag.EndStream, request, options);
    });
  }

  /** The answer of a method that is cached; undefined when this call is like any other. */
  #answer(method: Method, request: unknown, options: CallOptions | undefined): Promise<unknown> | undefined {
    try {
      const binding = this.#bind(method);
      const { session, answers } = this.#options;
      const now = session.clock.monotonicMs();
      const end = { deadlineMs: this.#deadline(method, options, now), signal: this.#signal(options) };
      assertWanted(method, end.deadlineMs, now, end.signal);
      checkRequest(this.#options, method, request);
      return answers.answer(this.#options, method, binding, request, options, end);
    } catch (error) {
      return Promise.reject(error as CrucibleError);
    }
  }

  #collect(
    method: Method,
    requests: AsyncIterable<unknown> | Iterable<unknown>,
    options: CallOptions | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = new UnaryResponseCall(this.#options, method, this.#bind(method), resolve, reject);
      this.#open(call, 0, undefined, options);
      void sendRequests(call, requests);
    });
  }

  /** Opens a call with a stream of responses; `message` is the request, or the requests. */
  #stream(method: Method, message: unknown, options: CallOptions | undefined): AsyncIterable<unknown> {
    const call = new StreamResponseCall(this.#options, method, this.#bind(method));
    if (method.kind === MethodKind.ServerStream) {
      this.#open(call, Flag.EndStream, message, options);
    } else {
      this.#open(call, 0, undefined, options);
      void sendRequests(call, message as AsyncIterable<unknown>);
    }
    return call.responses;
  }

  /** What is known of calls of `method`; throws unless the peer hosts it in the same shape. */
  #bind(method: Method): Binding {
    if (method === this.#lastMethod) return this.#lastBinding!;
    const binding = this.#bound.get(method) ?? this.#bindNew(method);
    this.#lastMethod = method;
    this.#lastBinding = binding;
    return binding;
  }

  #bindNew(method: Method): Binding {
    const hosted = this.#options.methods.get(method.name);
    if (hosted === undefined) {
      throw new CrucibleError(
        "METHOD_UNKNOWN",
        `peer ${this.#options.peer.id} does not host ${method.name}; is it an older version?`,
      );
    }
    if (hosted.id !== method.id || hosted.kind !== method.kind || hosted.sensitive !== method.sensitive) {
      throw new CrucibleError(
        "METHOD_MISMATCH",
        `peer ${this.#options.peer.id} hosts ${method.name} in another shape; generate both sides from the same schema`,
      );
    }
    const { session } = this.#options;
    const { encryption } = session;
    if (method.sensitive) requireSealedCalls(method.name, encryption);
    // Where everything is sealed, a call has no seal of its own.
    const sealed = method.sensitive && encryption !== "everything";
    const binding: Binding = { sealed, shrinker: session.shrinkerOf(method), bulkCalls: 0 };
    this.#bound.set(method, binding);
    return binding;
  }

  #open(call: ClientCall, flags: number, request: unknown, options: CallOptions | undefined): void {
    const { method } = call;
    const { session } = this.#options;
    const timeLeftMs = this.#timeLeft(method, options);
    const signal = this.#signal(options);
    if (timeLeftMs !== undefined && timeLeftMs <= 0) throw deadlineExceeded(method);
    if (signal?.aborted) throw cancelled(method, signal);
    // Whole, whatever became of the last digits when times were subtracted.
    const timeoutUs = timeLeftMs === undefined ? undefined : Math.max(1, Math.ceil(timeLeftMs * 1000 - 0.001));
    const withBody = (flags & Flag.EndStream) !== 0;
    if (options?.priority !== undefined) call.priority = checkPriority(options.priority);
    if (withBody) checkRequest(this.#options, method, request);
    writeRequestHead(method.id, timeoutUs, options?.metadata);
    session.open(call, flags, head, withBody ? method.request : undefined, request);
    call.watch(timeLeftMs, signal);
  }

  /** How long a call may take that begins now, in milliseconds: no longer than the parent's. */
  #timeLeft(method: Method, options: CallOptions | undefined): number | undefined {
    const own = ownTimeout(method, options);
    const inherited = this.#parent?.deadlineMs;
    if (inherited === undefined) return own;
    const left = inherited - this.#options.session.clock.monotonicMs();
    return own === undefined ? left : Math.min(own, left);
  }

  /** The earlier of the parent's deadline and this call's own. */
  #deadline(method: Method, options: CallOptions | undefined, now: number): number | undefined {
    const timeoutMs = ownTimeout(method, options);
    const own = timeoutMs === undefined ? undefined : now + timeoutMs;
    const inherited = this.#parent?.deadlineMs;
    if (inherited === undefined) return own;
    return own === undefined ? inherited : Math.min(own, inherited);
  }

  #signal(options: CallOptions | undefined): AbortSignal | undefined {
    const own = checkSignal(options?.signal);
    const inherited = this.#parent?.signal;
    if (own === undefined || inherited === undefined) return own ?? inherited;
    return AbortSignal.any([own, inherited]);
  }

  // ---- the slower ways: interceptors, and streams that open when they are first read

  #lazily(
    method: Method,
    message: unknown,
    options: CallOptions | undefined,
    open: (message: unknown, options: CallOptions | undefined) => AsyncIterable<unknown>,
  ): AsyncIterable<unknown> {
    const intercepted = this.#options.interceptors.length > 0;
    const start = intercepted
      ? () => this.#intercepted(method, message, options, async (changed, given) => open(changed, given))
      : () => open(message, options);
    return new LazyStream(start as () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>);
  }

  #intercepted(
    method: Method,
    message: unknown,
    options: CallOptions | undefined,
    send: (message: unknown, options: CallOptions) => Promise<unknown>,
  ): Promise<unknown> {
    try {
      return this.#chained(method, message, options, send);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #chained(
    method: Method,
    message: unknown,
    options: CallOptions | undefined,
    send: (message: unknown, options: CallOptions) => Promise<unknown>,
  ): Promise<unknown> {
    const { session, peer, interceptors } = this.#options;
    const signal = this.#signal(options) ?? new AbortController().signal;
    const deadlineMs = this.#deadline(method, options, session.clock.monotonicMs());
    const timeLeft = (): number | undefined =>
      deadlineMs === undefined ? undefined : Math.max(0, deadlineMs - session.clock.monotonicMs());
    const call: InterceptedCall = {
      side: "client",
      method,
      peer,
      metadata: new Map(toMetadataMap(toMetadataList(options?.metadata))),
      signal,
      get timeLeftMs() {
        return timeLeft();
      },
      message,
    };
    const last = (passed: InterceptedCall): Promise<unknown> => {
      const left = timeLeft();
      return send(passed.message, {
        ...(left === undefined ? {} : { timeoutMs: left }),
        signal: passed.signal,
        metadata: Object.fromEntries(passed.metadata),
        ...(options?.priority === undefined ? {} : { priority: options.priority }),
        ...(options?.cache === undefined ? {} : { cache: options.cache }),
      });
    };
    return chain(interceptors, last)(call);
  }
}
