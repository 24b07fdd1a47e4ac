import type { Codec } from "../codec/codec.js";
import type { SharedBuffer } from "../session/handoff/shared-buffer.js";
import type { Validator } from "../validate/validator.js";

/** Shape of a method; the numbers are those of `crucible.ipc.v1.MethodKind`. */
export const MethodKind = { Unary: 1, ServerStream: 2, ClientStream: 3, BidiStream: 4 } as const;
export type MethodKind = (typeof MethodKind)[keyof typeof MethodKind];

/** What a call of the method may do beyond answering; the numbers are those of the standard `idempotency_level`. */
export const Idempotency = { Unknown: 0, NoSideEffects: 1, Idempotent: 2 } as const;
export type Idempotency = (typeof Idempotency)[keyof typeof Idempotency];

/** Whether the messages of a method are compressed; the numbers are those of `crucible.options.v1.Compression`. */
export const Compression = {
  /** As the policy of the session. */
  Unspecified: 0,
  /** Never. */
  Never: 1,
  /** Wherever that makes them shorter, even though lengths then tell of their content. */
  Always: 2,
} as const;
export type Compression = (typeof Compression)[keyof typeof Compression];

/** How answers may be kept by the calling side. */
export interface CachePolicy {
  /** How long an answer stays fresh, in milliseconds. */
  readonly ttlMs: number;
  /** The most bytes that answers of the method may take together, in each session; an answer counts some 512 more. */
  readonly maxBytes: number;
  /** Subjects of the answering side's events that outdate what is kept; one covers those under it. Default: none. */
  readonly invalidatedByEvents?: readonly string[];
  /** Keep answers although the method is sensitive. Default: false. */
  readonly allowSensitive?: boolean;
}

/** One row of a service's table: everything both sides need to know of a method. Generated, frozen in spirit. */
export interface Method<Req = any, ReqInit = any, Res = any, ResInit = any> {
  /** `package.Service/Method`. */
  readonly name: string;
  /** FNV-1a-32 of `name`. */
  readonly id: number;
  readonly kind: MethodKind;
  readonly request: Codec<Req, ReqInit>;
  readonly response: Codec<Res, ResInit>;
  /** Absent when the schema has no rules for the message. */
  readonly validateRequest?: Validator<ReqInit>;
  readonly validateResponse?: Validator<ResInit>;
  readonly idempotency: Idempotency;
  /** Deadline of a call whose caller sets none, in milliseconds; 0 means none. */
  readonly timeoutMs: number;
  readonly sensitive: boolean;
  /** Whether its messages are compressed. Default: as the session's policy. */
  readonly compression?: Compression;
  /** The capability a caller needs; empty when the plugin hosts the method. */
  readonly capability: string;
  readonly cache?: CachePolicy;
  /** Full names of cached methods whose kept answers are outdated once a call of this one has ended. */
  readonly invalidates?: readonly string[];
}

/** A service: its table of methods, keyed by the name of the method in TypeScript. */
export interface Service<Methods extends Record<string, Method> = Record<string, Method>> {
  /** Full name, such as `knowledge.v1.SearchProvider`. */
  readonly typeName: string;
  /** Which side answers. */
  readonly host: "plugin" | "daemon";
  readonly methods: Methods;
  /** Loads the schema, for reflection. A plugin that never calls it never parses a descriptor. */
  readonly schema: () => Promise<unknown>;
}

/** Text that travels beside a message. Keys are lower case; one key may have several values. */
export type MetadataInit = Readonly<Record<string, string | readonly string[]>>;

/** What a caller may say about one call. */
export interface CallOptions {
  /** Deadline from now, in milliseconds. Default: the method's; a call made inside a handler inherits what is left of that one's. */
  readonly timeoutMs?: number;
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
  readonly metadata?: MetadataInit;
  /**
   * Which of the calls that wait for one connection goes first, here and at the other end: 0 to 3, the highest first.
   * Each has its share, none waits for ever. It matters to large messages and streams, which wait; small calls do not.
   * Default: 0.
   */
  readonly priority?: 0 | 1 | 2 | 3;
  /**
   * What to do with kept answers, for methods whose schema says that they are cached. `use` takes one that is fresh, or
   * shares a call that is on its way; `refresh` asks again, and keeps what comes; `skip` asks as if nothing were cached.
   * Default: `use`.
   */
  readonly cache?: "use" | "refresh" | "skip";
}

/** Makes calls: what a generated stub stands on. */
export interface Caller {
  unary<Init, Res>(method: Method<any, Init, Res, any>, request: Init, options?: CallOptions): Promise<Res>;
  serverStream<Init, Res>(
    method: Method<any, Init, Res, any>,
    request: Init,
    options?: CallOptions,
  ): AsyncIterable<Res>;
  clientStream<Init, Res>(
    method: Method<any, Init, Res, any>,
    requests: AsyncIterable<Init> | Iterable<Init>,
    options?: CallOptions,
  ): Promise<Res>;
  bidiStream<Init, Res>(
    method: Method<any, Init, Res, any>,
    requests: AsyncIterable<Init> | Iterable<Init>,
    options?: CallOptions,
  ): AsyncIterable<Res>;
}

/**
 * Key under which an implementation names its service. No method of a schema begins with `$`, so none can collide with
 * it or with `$caller`; a symbol would do as well, but classes with symbol members have no isolated declarations.
 */
export const serviceKey = "$service" as const;

/** Base of every generated stub. */
export abstract class ServiceClient {
  /** What makes the calls. */
  readonly $caller: Caller;
  constructor(caller: Caller) {
    this.$caller = caller;
  }
}

/** A generated stub class, as `client()` takes it. */
export interface ServiceClientClass<Client extends ServiceClient = ServiceClient> {
  readonly service: Service;
  new (caller: Caller): Client;
}

/** An object whose methods answer the calls of a service; generated bases provide the key. */
export interface ServiceImplementation {
  readonly $service: Service;
}

/** Who called. */
export interface PeerInfo {
  /** The authenticated id of the plugin at the other end or, inside a plugin, the id of the daemon. */
  readonly id: string;
}

/** What a handler knows about the call it answers. */
export interface HandlerContext {
  readonly method: Method;
  readonly peer: PeerInfo;
  /** Aborts when the call is cancelled, its deadline has passed or its connection is lost. Made when first read. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline, or undefined when there is none. */
  readonly timeLeftMs: number | undefined;
  /** What the caller sent beside the request: each key with its values in order. */
  readonly metadata: ReadonlyMap<string, readonly string[]>;
  /** What to send beside the answer; settable until the handler returns. */
  responseMetadata: MetadataInit | undefined;
  /**
   * Memory for so many bytes, at least 1, to be filled and given as a `bytes` field of an answer, which is then sent without
   * being copied: see SharedBuffer. Ordinary memory when none is shared with the caller, or it is full.
   */
  allocate(bytes: number): SharedBuffer;
  /** A stub of a service at the other end; its calls inherit the deadline and the cancellation of this one. */
  client<Client extends ServiceClient>(type: ServiceClientClass<Client>): Client;
}
