import {
  type MetadataInit as PairInit,
  MetadataCodec as PairCodec,
} from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import type { Metadata as Pair } from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_pb.js";
import { AnswerSpace } from "../../runtime/typescript/src/rpc/cache/answer-space.js";
import type { Interceptor } from "../../runtime/typescript/src/rpc/interceptor.js";
import { wireId } from "../../runtime/typescript/src/rpc/method-table.js";
import { describeMethods, Peer } from "../../runtime/typescript/src/rpc/peer.js";
import { Registry } from "../../runtime/typescript/src/rpc/registry.js";
import {
  type CallOptions,
  type HandlerContext,
  Idempotency,
  type Method,
  MethodKind,
  ServiceClient,
  type ServiceImplementation,
  serviceKey,
} from "../../runtime/typescript/src/rpc/service.js";
import { defaultLimits } from "../../runtime/typescript/src/session/limits.js";
import { createMemoryPair } from "../../runtime/typescript/src/transport/memory.js";
import { ManualClock } from "./manual-clock.js";
import { openLink } from "./peers.js";
import { turns } from "./raw-end.js";

/** How long answers of `get` stay fresh. */
export const ttlMs = 1_000;

function method(name: string, options: Partial<Method>): Method<Pair, PairInit, Pair, PairInit> {
  const full = `test.v1.Cached/${name}`;
  return {
    name: full,
    id: wireId(full),
    kind: MethodKind.Unary,
    request: PairCodec,
    response: PairCodec,
    validateResponse: ({ key }) =>
      key === "invalid"
        ? [{ fieldPath: "key", rulePath: "key", ruleId: "no", message: "is invalid", forKey: false }]
        : undefined,
    idempotency: Idempotency.NoSideEffects,
    timeoutMs: 30_000,
    sensitive: false,
    capability: "",
    ...options,
  };
}

/** A service with answers that are kept, and calls that outdate them. */
export const cachedService = {
  typeName: "test.v1.Cached",
  host: "plugin" as const,
  methods: {
    get: method("Get", { cache: { ttlMs, maxBytes: 4_096, invalidatedByEvents: ["notes", "vault.changed"] } }),
    other: method("Other", { cache: { ttlMs: 60_000, maxBytes: 65_536 }, timeoutMs: 0 }),
    secret: method("Secret", { cache: { ttlMs, maxBytes: 4_096 }, sensitive: true }),
    allowed: method("Allowed", { cache: { ttlMs, maxBytes: 4_096, allowSensitive: true }, sensitive: true }),
    put: method("Put", { invalidates: ["test.v1.Cached/Get"] }),
    import: method("Import", { kind: MethodKind.BidiStream, timeoutMs: 0, invalidates: ["test.v1.Cached/Get"] }),
  },
  schema: async () => undefined,
};

export class Cached extends ServiceClient {
  static readonly service = cachedService;
  get(request: PairInit, options?: CallOptions): Promise<Pair> {
    return this.$caller.unary(cachedService.methods.get, request, options);
  }
  other(request: PairInit, options?: CallOptions): Promise<Pair> {
    return this.$caller.unary(cachedService.methods.other, request, options);
  }
  secret(request: PairInit, options?: CallOptions): Promise<Pair> {
    return this.$caller.unary(cachedService.methods.secret, request, options);
  }
  allowed(request: PairInit, options?: CallOptions): Promise<Pair> {
    return this.$caller.unary(cachedService.methods.allowed, request, options);
  }
  put(request: PairInit, options?: CallOptions): Promise<Pair> {
    return this.$caller.unary(cachedService.methods.put, request, options);
  }
  import(requests: AsyncIterable<PairInit> | Iterable<PairInit>, options?: CallOptions): AsyncIterable<Pair> {
    return this.$caller.bidiStream(cachedService.methods.import, requests, options);
  }
}

/** A call that has reached its handler and waits for the test to answer it. */
export interface Asked {
  readonly method: string;
  readonly key: string;
  readonly context: HandlerContext;
  /** The handler's signal has aborted. */
  readonly cancelled: boolean;
  answer(value: string, key?: string): void;
  fail(error: Error): void;
}

export interface CachedPair {
  readonly clock: ManualClock;
  readonly daemon: Peer;
  readonly plugin: Peer;
  /** Stub of the daemon. */
  readonly cached: Cached;
  /** Calls that have reached the plugin's handlers, in order. */
  readonly asked: Asked[];
  /** Answers everything from now on: with its key and how many calls there were. */
  answerAll(): void;
}

/** A daemon that calls, and a plugin whose answers the test gives; time stands still. */
export function pairCached(
  options: {
    readonly clock?: ManualClock;
    readonly space?: AnswerSpace;
    readonly interceptors?: readonly Interceptor[];
    readonly maxCalls?: number;
  } = {},
): CachedPair {
  const clock = options.clock ?? new ManualClock();
  const asked: Asked[] = [];
  let all = false;
  const ask = (request: Pair, context: HandlerContext): Promise<PairInit> | PairInit => {
    let settle!: { answer: Asked["answer"]; fail: Asked["fail"] };
    const answered = new Promise<PairInit>((resolve, reject) => {
      settle = { answer: (value, key = request.key) => resolve({ key, value }), fail: reject };
    });
    const { signal, method } = context;
    asked.push({
      method: method.name.slice(method.name.indexOf("/") + 1),
      key: request.key,
      context,
      get cancelled() {
        return signal.aborted;
      },
      ...settle,
    });
    if (all) settle.answer(`${request.key} ${asked.length}`);
    return answered;
  };
  const service = {
    [serviceKey]: cachedService,
    get: ask,
    other: ask,
    secret: ask,
    allowed: ask,
    put: ask,
    async *import(requests: AsyncIterable<Pair>): AsyncGenerator<PairInit> {
      for await (const request of requests) yield request;
    },
  } as ServiceImplementation;
  const connections = createMemoryPair({ clock });
  const registries = { daemon: new Registry([]), plugin: new Registry([service]) };
  const limits = { ...defaultLimits, maxCalls: options.maxCalls ?? defaultLimits.maxCalls };
  const build = (side: "daemon" | "plugin", other: "daemon" | "plugin"): Peer => {
    const link = openLink(connections[side === "daemon" ? 0 : 1], clock);
    const peer = new Peer({
      link,
      clock,
      side,
      peer: { id: other },
      limits,
      peerLimits: limits,
      registry: registries[side],
      peerMethods: describeMethods(registries[other]) as Method[],
      capabilities: new Set(),
      interceptors: side === "daemon" ? (options.interceptors ?? []) : [],
      // As of a plugin in another language, which may answer what is not valid.
      validation: side === "plugin" ? { responses: false } : {},
      answerSpace: options.space ?? new AnswerSpace(clock),
      onHandlerFailure: () => {},
      onClosed: () => {},
    });
    link.start();
    return peer;
  };
  const daemon = build("daemon", "plugin");
  const plugin = build("plugin", "daemon");
  const answerAll = (): void => {
    all = true;
    for (const call of asked) call.answer(`${call.key} ${asked.length}`);
  };
  return { clock, daemon, plugin, cached: daemon.client(Cached), asked, answerAll };
}

/** Publishes an event of the plugin and waits until the daemon has seen it. */
export async function publish({ plugin }: CachedPair, subject: string): Promise<void> {
  await plugin.publish(subject, PairCodec, { key: "changed", value: "" });
  await turns();
}
