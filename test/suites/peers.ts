import { type Clock, systemClock } from "../../runtime/typescript/src/clock/clock.js";
import type { FrameCipher } from "../../runtime/typescript/src/crypto/frame-cipher.js";
import type { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import {
  type MetadataInit as PairInit,
  MetadataCodec as PairCodec,
} from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import type { Metadata as Pair } from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_pb.js";
import type { Interceptor } from "../../runtime/typescript/src/rpc/interceptor.js";
import { describeMethods, Peer, type ValidationOptions } from "../../runtime/typescript/src/rpc/peer.js";
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
import { defaultLimits, type SessionLimits } from "../../runtime/typescript/src/session/limits.js";
import type { HandoffSetup } from "../../runtime/typescript/src/session/handoff/handoff.js";
import type { SessionCompression } from "../../runtime/typescript/src/session/compression.js";
import type { Encryption } from "../../runtime/typescript/src/session/encryption.js";
import { Link, type LinkHandler } from "../../runtime/typescript/src/session/link.js";
import { createMemoryPair } from "../../runtime/typescript/src/transport/memory.js";
import type { Connection } from "../../runtime/typescript/src/transport/transport.js";
import type { SideCiphers } from "./frame-ciphers.js";
import { fnv1a32Twin } from "../twin/protobuf-twin.js";

/** A service of all kinds, whose messages are pairs of texts. Hosted by whoever a test says. */
export type EchoHandlers = {
  unary(request: Pair, context: HandlerContext): Promise<PairInit> | PairInit;
  down(request: Pair, context: HandlerContext): AsyncIterable<PairInit>;
  up(requests: AsyncIterable<Pair>, context: HandlerContext): Promise<PairInit>;
  both(requests: AsyncIterable<Pair>, context: HandlerContext): AsyncIterable<PairInit>;
  secret(request: Pair, context: HandlerContext): Promise<PairInit> | PairInit;
  guarded(request: Pair, context: HandlerContext): Promise<PairInit> | PairInit;
};

function method(name: string, kind: MethodKind, options: Partial<Method> = {}): Method<Pair, PairInit, Pair, PairInit> {
  const full = `test.v1.Echo/${name}`;
  return {
    name: full,
    id: Number(fnv1a32Twin(full)),
    kind,
    request: PairCodec,
    response: PairCodec,
    validateRequest: ({ key }) =>
      key === "invalid"
        ? [
            {
              fieldPath: "key",
              rulePath: "string.not_in",
              ruleId: "string.not_in",
              message: "must not be invalid",
              forKey: false,
            },
          ]
        : undefined,
    validateResponse: ({ key }) =>
      key === "invalid answer"
        ? [
            {
              fieldPath: "key",
              rulePath: "string.not_in",
              ruleId: "string.not_in",
              message: "must not be invalid",
              forKey: false,
            },
          ]
        : undefined,
    idempotency: Idempotency.Unknown,
    timeoutMs: kind === MethodKind.Unary ? 30_000 : 0,
    sensitive: false,
    capability: "",
    ...options,
  };
}

export const echoService = {
  typeName: "test.v1.Echo",
  host: "plugin" as const,
  methods: {
    unary: method("Unary", MethodKind.Unary),
    down: method("Down", MethodKind.ServerStream),
    up: method("Up", MethodKind.ClientStream),
    both: method("Both", MethodKind.BidiStream),
    secret: method("Secret", MethodKind.Unary, { sensitive: true }),
    guarded: method("Guarded", MethodKind.Unary, { capability: "test.guarded" }),
  },
  schema: async () => undefined,
};

export class Echo extends ServiceClient {
  static readonly service = echoService;
  unary(request: PairInit, options?: CallOptions): Promise<Pair> {
    return this.$caller.unary(echoService.methods.unary, request, options);
  }
  down(request: PairInit, options?: CallOptions): AsyncIterable<Pair> {
    return this.$caller.serverStream(echoService.methods.down, request, options);
  }
  up(requests: AsyncIterable<PairInit> | Iterable<PairInit>, options?: CallOptions): Promise<Pair> {
    return this.$caller.clientStream(echoService.methods.up, requests, options);
  }
  both(requests: AsyncIterable<PairInit> | Iterable<PairInit>, options?: CallOptions): AsyncIterable<Pair> {
    return this.$caller.bidiStream(echoService.methods.both, requests, options);
  }
  secret(request: PairInit, options?: CallOptions): Promise<Pair> {
    return this.$caller.unary(echoService.methods.secret, request, options);
  }
  guarded(request: PairInit, options?: CallOptions): Promise<Pair> {
    return this.$caller.unary(echoService.methods.guarded, request, options);
  }
}

/** Handlers that answer what they get; a test replaces those it is about. */
export function echoHandlers(handlers: Partial<EchoHandlers> = {}): ServiceImplementation {
  const echo = (request: Pair): PairInit => ({ key: request.key, value: request.value });
  return {
    [serviceKey]: echoService,
    unary: echo,
    secret: echo,
    guarded: echo,
    async *down(request: Pair): AsyncGenerator<PairInit> {
      for (let i = 0; i < Number(request.value); i++) yield { key: request.key, value: String(i) };
    },
    async up(requests: AsyncIterable<Pair>): Promise<PairInit> {
      let count = 0;
      let bytes = 0;
      for await (const { value } of requests) {
        count++;
        bytes += value.length;
      }
      return { key: String(count), value: String(bytes) };
    },
    async *both(requests: AsyncIterable<Pair>): AsyncGenerator<PairInit> {
      for await (const request of requests) yield echo(request);
    },
    ...handlers,
  } as ServiceImplementation;
}

/** A cipher that changes every byte and adds a tag, so that tests see what is sealed without a handshake. */
export const toyCipher: FrameCipher = {
  seal(bytes, _header, start, end) {
    for (let i = start; i < end; i++) bytes[i] = bytes[i]! ^ 0x5a;
    bytes.fill(0x77, end, end + 16);
    return end + 16;
  },
  open(bytes, _header, start, end) {
    for (let i = start; i < end - 16; i++) bytes[i] = bytes[i]! ^ 0x5a;
    return end - 16;
  },
};

export interface SideOptions {
  readonly handlers?: Partial<EchoHandlers>;
  readonly limits?: Partial<SessionLimits>;
  readonly interceptors?: readonly Interceptor[];
  readonly capabilities?: readonly string[];
  readonly validation?: ValidationOptions;
  /** Default: the platform's. */
  readonly clock?: Clock;
  readonly resumable?: boolean;
  readonly onConnectionEnding?: (error: CrucibleError, left: number) => void;
  readonly onLarge?: () => void;
  /** The memory that is shared, when that was agreed on. */
  readonly handoff?: HandoffSetup;
}

export interface Pairing {
  readonly daemon: Peer;
  readonly plugin: Peer;
  /** Reasons for which the sides have closed. */
  readonly closed: { daemon?: CrucibleError; plugin?: CrucibleError };
  /** What handlers threw that was no CrucibleError. */
  readonly failures: unknown[];
  /** Every chunk that went over the wire, from the plugin and from the daemon. */
  readonly wire: { fromPlugin: Uint8Array[]; fromDaemon: Uint8Array[] };
}

const idle: LinkHandler = {
  checkHeader: () => 0,
  onFrame: () => {},
  onClosed: () => {},
};

/** The same connection; what is written to it is kept in `into` too. */
export function tap(connection: Connection, into: Uint8Array[]): Connection {
  return new Proxy(connection, {
    get(target, key) {
      if (key === "write") {
        return (bytes: Uint8Array): boolean => {
          into.push(bytes.slice());
          return target.write(bytes);
        };
      }
      const value = Reflect.get(target, key) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** What two sides have agreed on. */
export interface Agreed {
  /** Default: `sensitive`. */
  readonly encryption?: Encryption;
  /** Default: `off`. */
  readonly compression?: SessionCompression;
  /** Default: false. */
  readonly handoff?: boolean;
  /** Default: the toy cipher. */
  readonly ciphers?: SideCiphers;
  /** What calls may send beyond their windows, each way. Default: 0. */
  readonly advanceBytes?: number;
}

/** A link that is open already, for tests that are not about the handshake. */
export function openLink(connection: Connection, clock: Clock = systemClock, agreed: Agreed = {}): Link {
  const link = new Link(connection, idle, { clock, frameTimeoutMs: defaultLimits.frameTimeoutMs });
  const { send, receive } = agreed.ciphers ?? { send: toyCipher, receive: toyCipher };
  link.setCiphers(send, receive);
  link.setSession(0x01234567, 0x89ab8def);
  const { encryption = "sensitive", compression = "off", handoff = false, advanceBytes = 0 } = agreed;
  link.agree(encryption, compression, handoff, advanceBytes);
  return link;
}

/** Two peers that host the echo service and call each other, without a handshake. */
export function pairUp(
  sides: { readonly daemon?: SideOptions; readonly plugin?: SideOptions } = {},
  connections: readonly [Connection, Connection] = createMemoryPair(),
  agreed: Omit<Agreed, "ciphers"> & {
    readonly ciphers?: { readonly daemon: SideCiphers; readonly plugin: SideCiphers };
  } = {},
): Pairing {
  const closed: Pairing["closed"] = {};
  const failures: unknown[] = [];
  const wire: Pairing["wire"] = { fromPlugin: [], fromDaemon: [] };
  const registries = {
    daemon: new Registry([echoHandlers(sides.daemon?.handlers)]),
    plugin: new Registry([echoHandlers(sides.plugin?.handlers)]),
  };
  const build = (side: "daemon" | "plugin", connection: Connection, into: Uint8Array[]): [Peer, Link] => {
    const other = side === "daemon" ? "plugin" : "daemon";
    const own = sides[side] ?? {};
    const { ciphers, ...same } = agreed;
    const clock = own.clock ?? systemClock;
    const link = openLink(tap(connection, into), clock, {
      ...same,
      ...(ciphers === undefined ? {} : { ciphers: ciphers[side] }),
    });
    const limits = { ...defaultLimits, ...own.limits };
    const otherLimits = { ...defaultLimits, ...sides[other]?.limits };
    const peer = new Peer({
      link,
      clock,
      side,
      peer: { id: other },
      limits,
      peerLimits: otherLimits,
      registry: registries[side],
      peerMethods: describeMethods(registries[other]) as Method[],
      capabilities: new Set(own.capabilities),
      interceptors: own.interceptors ?? [],
      validation: own.validation ?? {},
      handoff: own.handoff,
      onHandlerFailure: ({ error }) => failures.push(error),
      onClosed: (error) => {
        closed[side] = error;
      },
      ...(own.resumable === undefined ? {} : { resumable: own.resumable }),
      ...(own.onConnectionEnding === undefined ? {} : { onConnectionEnding: own.onConnectionEnding }),
      ...(own.onLarge === undefined ? {} : { onLarge: own.onLarge }),
    });
    return [peer, link];
  };
  const [daemon, daemonLink] = build("daemon", connections[0], wire.fromDaemon);
  const [plugin, pluginLink] = build("plugin", connections[1], wire.fromPlugin);
  daemonLink.start();
  pluginLink.start();
  return { daemon, plugin, closed, failures, wire };
}
