import type { Clock } from "../clock/clock.js";
import type { Codec } from "../codec/codec.js";
import { CrucibleError } from "../error/index.js";
import { FrameType } from "../frame/frame.js";
import {
  decodeCapabilityQuery,
  decodeHealthCheck,
  encodeCapabilityReport,
  encodeHealthReport,
  HealthStatus,
  type HostedMethodInit,
} from "../gen/crucible/ipc/v1/control_codec.js";
import type { EventHandler } from "../session/events.js";
import type { SessionLimits } from "../session/limits.js";
import type { HandoffSetup } from "../session/handoff/handoff.js";
import type { SharedBuffer } from "../session/handoff/shared-buffer.js";
import type { Link } from "../session/link.js";
import { Session } from "../session/pool/session.js";
import { SessionAnswers } from "./cache/answer-cache.js";
import { AnswerSpace } from "./cache/answer-space.js";
import { Client, type PeerMethod } from "./client.js";
import { Deadlines } from "./deadlines.js";
import type { Interceptor } from "./interceptor.js";
import type { Registry } from "./registry.js";
import { type HandlerFailure, Server } from "./server.js";
import type { Caller, PeerInfo, ServiceClient, ServiceClientClass } from "./service.js";

/**
 * Where messages are checked against the rules of their schema, on the side that is given these options. By default
 * each side checks what reaches it and what it answers.
 */
export interface ValidationOptions {
  /** Requests as they arrive. Default: true. */
  readonly requests?: boolean;
  /** Responses, before they leave and as they arrive. Default: true. */
  readonly responses?: boolean;
  /**
   * Requests before they leave: a broken one fails its call here, without a way there and back. Default: false, for the
   * other side checks them as they arrive.
   */
  readonly requestsSent?: boolean;
}

export interface PeerOptions {
  /** The first connection of the session. */
  readonly link: Link;
  readonly clock: Clock;
  readonly side: "plugin" | "daemon";
  /** Who is at the other end. */
  readonly peer: PeerInfo;
  readonly limits: SessionLimits;
  readonly peerLimits: { readonly maxMessageBytes: number; readonly maxCalls: number };
  /** What this side hosts. */
  readonly registry: Registry;
  /** What the other side hosts, as it said. */
  readonly peerMethods: readonly {
    readonly id: number;
    readonly name: string;
    readonly kind: number;
    readonly sensitive: boolean;
  }[];
  /** Capabilities: on the daemon's side those of the plugin, in the plugin its own. */
  readonly capabilities: ReadonlySet<string>;
  readonly interceptors?: readonly Interceptor[];
  readonly validation?: ValidationOptions;
  /** The memory that both sides share, where there is some. */
  readonly handoff?: HandoffSetup | undefined;
  /** Where answers of cached methods are kept, with those of other sessions. Default: a space of its own. */
  readonly answerSpace?: AnswerSpace;
  readonly onHandlerFailure: (failure: HandlerFailure) => void;
  readonly onClosed: (error: CrucibleError) => void;
  readonly onDraining?: (reason: string) => void;
  /** As of `SessionListener`. */
  readonly onConnectionEnding?: (error: CrucibleError, left: number) => void;
  readonly onLarge?: () => void;
  /** Whether the session outlives the loss of its last connection. Default: false. */
  readonly resumable?: boolean;
}

/** The other end of an open session: calls to it, its calls to here, events both ways. */
export class Peer {
  readonly info: PeerInfo;
  readonly session: Session;
  readonly #client: Client;

  constructor(options: PeerOptions) {
    this.info = options.peer;
    const { clock, registry, capabilities } = options;
    const deadlines = new Deadlines(clock);
    const answers = new SessionAnswers(options.answerSpace ?? new AnswerSpace(clock));
    const interceptors = options.interceptors ?? [];
    const validateResponses = options.validation?.responses ?? true;
    this.session = new Session({
      link: options.link,
      clock,
      side: options.side,
      limits: options.limits,
      peer: options.peerLimits,
      handoff: options.handoff,
      acceptor: (session) =>
        new Server({
          session,
          deadlines,
          registry,
          peer: options.peer,
          client: () => this.#client,
          interceptors,
          validateRequests: options.validation?.requests ?? true,
          validateResponses,
          exposeErrors: options.side === "plugin",
          allows: (capability) => options.side === "plugin" || capabilities.has(capability),
          onHandlerFailure: options.onHandlerFailure,
        }),
      controls: (type, payload) => answerControl(type, payload, registry, capabilities),
      onClosed: (error) => {
        deadlines.close();
        answers.close();
        options.onClosed(error);
      },
      onConnectionEnding: (error, left) => {
        // Events that change what was kept may have gone with it.
        answers.clear();
        options.onConnectionEnding?.(error, left);
      },
      resumable: options.resumable ?? false,
      ...(options.onDraining === undefined ? {} : { onDraining: options.onDraining }),
      ...(options.onLarge === undefined ? {} : { onLarge: options.onLarge }),
    });
    const methods = new Map<string, PeerMethod>(options.peerMethods.map((method) => [method.name, method]));
    this.#client = new Client({
      session: this.session,
      deadlines,
      validateRequests: options.validation?.requestsSent ?? false,
      validateResponses,
      answers,
      peer: options.peer,
      methods,
      interceptors,
    });
  }

  /** A stub of a service at the other end. Its calls fail with METHOD_UNKNOWN when the other end does not host it. */
  client<Stub extends ServiceClient>(type: ServiceClientClass<Stub>): Stub {
    return this.#client.stub(type);
  }

  /** What makes the calls of every stub. */
  get caller(): Caller {
    return this.#client;
  }

  /** Memory that a message to the other end can have in it without a copy. */
  allocate(bytes: number): SharedBuffer {
    return this.session.sharing.allocate(bytes);
  }

  /** Sends an event; see `Events.publish`. */
  publish<Init>(
    subject: string,
    codec: Codec<unknown, Init>,
    message: Init,
    options: { readonly acknowledge?: boolean } = {},
  ): Promise<void> {
    return this.session.events.publish(subject, codec, message, options?.acknowledge);
  }

  /** Adds a handler of the events of the other end; returns what removes it. */
  subscribe(handler: EventHandler): () => void {
    return this.session.events.subscribe(handler);
  }
}

/** What this side hosts, as a registration says it. */
export function describeMethods(registry: Registry): HostedMethodInit[] {
  return registry.list().map(({ method }) => ({
    id: method.id,
    name: method.name,
    kind: method.kind,
    sensitive: method.sensitive,
  }));
}

function answerControl(
  type: number,
  payload: Uint8Array,
  registry: Registry,
  capabilities: ReadonlySet<string>,
): Uint8Array {
  switch (type) {
    case FrameType.HealthCheck: {
      const { service } = decodeHealthCheck(payload);
      const known = service === "" || registry.services.has(service);
      return encodeHealthReport({ status: known ? HealthStatus.SERVING : HealthStatus.SERVICE_UNKNOWN });
    }
    case FrameType.CapabilityQuery: {
      const asked = decodeCapabilityQuery(payload).capabilities;
      const granted =
        asked.length === 0 ? [...capabilities] : [...new Set(asked)].filter((name) => capabilities.has(name));
      return encodeCapabilityReport({ granted });
    }
    default:
      throw new CrucibleError("METHOD_UNKNOWN", `control request 0x${type.toString(16)} is not served by this side`);
  }
}
