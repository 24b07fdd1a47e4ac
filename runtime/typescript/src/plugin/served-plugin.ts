import type { Codec } from "../codec/codec.js";
import { checkNumber, readOptions } from "../error/options.js";
import { CrucibleError } from "../error/index.js";
import type { Peer } from "../rpc/peer.js";
import type { ServiceClient, ServiceClientClass } from "../rpc/service.js";
import type { Encryption } from "../session/encryption.js";
import type { EventHandler } from "../session/events.js";
import type { SharedBuffer } from "../session/handoff/shared-buffer.js";
import type { CloseOptions } from "./options.js";

const defaultGraceMs = 5_000;

/** @internal What `serve` has made. */
export interface ServedParts {
  readonly pluginId: string;
  readonly daemonId: string;
  readonly capabilities: ReadonlySet<string>;
  readonly features: readonly string[];
  readonly peer: Peer;
  readonly ended: Promise<CrucibleError | undefined>;
}

/** A plugin that serves: what it can do beside answering calls. */
export class ServedPlugin {
  /** As the daemon launched it. */
  readonly id: string;
  readonly daemonId: string;
  /** What it was granted; a session that is resumed may have less than before. */
  readonly capabilities: ReadonlySet<string>;
  /** What of the session is sealed. */
  readonly encryption: Encryption;
  /** Optional parts of the protocol that both sides have agreed on, such as `handoff` where they share memory. */
  readonly features: readonly string[];
  /** Resolves when the session has ended, however that was; never rejects. */
  readonly closed: Promise<void>;
  readonly #peer: Peer;
  #error: CrucibleError | undefined;

  /** @internal Use serve. */
  constructor(parts: ServedParts) {
    this.id = parts.pluginId;
    this.daemonId = parts.daemonId;
    this.capabilities = parts.capabilities;
    this.encryption = parts.peer.session.encryption;
    this.features = parts.features;
    this.#peer = parts.peer;
    this.closed = this.#remember(parts.ended);
  }

  /** Why the session was lost; undefined while it lives and after an end in order. */
  get closedError(): CrucibleError | undefined {
    return this.#error;
  }

  /** Connections that take calls now: 0 while a lost one has not been replaced, and calls fail with PEER_LOST, retryable. */
  get connections(): number {
    return this.#peer.session.usable.length;
  }

  /** A stub of a service that the daemon hosts. Its calls fail with CAPABILITY_MISSING when this plugin may not make them. */
  client<Stub extends ServiceClient>(type: ServiceClientClass<Stub>): Stub {
    return this.#peer.client(type);
  }

  /**
   * Memory for so many bytes, at least 1, to be filled and given as a `bytes` field of a message to the daemon, which is then
   * sent without being copied: see SharedBuffer. Ordinary memory when none is shared, or it is full.
   */
  allocate(bytes: number): SharedBuffer {
    return this.#peer.allocate(bytes);
  }

  /**
   * Frees the part of shared memory that a message has which came as a view, given any of its `bytes` fields; nobody may look
   * at them after that. False when they are no view. See `views` of HandoffOptions.
   */
  releaseView(bytes: Uint8Array): boolean {
    return this.#peer.session.sharing.releaseView(bytes);
  }

  /**
   * Sends an event to the daemon. With `acknowledge` the promise resolves once its handlers have succeeded. `subject` is
   * segments of `A-Za-z0-9_-` joined by dots, at most 255 characters.
   */
  publish<Init>(
    subject: string,
    codec: Codec<unknown, Init>,
    message: Init,
    options?: { readonly acknowledge?: boolean },
  ): Promise<void> {
    return this.#peer.publish(subject, codec, message, options);
  }

  /** Adds a handler of the daemon's events; returns what removes it. */
  subscribe(handler: EventHandler): () => void {
    return this.#peer.subscribe(handler);
  }

  /** Ends the session in order: no new calls, live ones may take `graceMs`. Resolves when it has ended. */
  async close(options: CloseOptions = {}): Promise<void> {
    const { graceMs = defaultGraceMs } = readOptions("close", options, { graceMs: true });
    checkNumber("graceMs", graceMs, 0, 3_600_000);
    await this.#peer.session.drain(graceMs, "PLUGIN_STOPPING");
    await this.closed;
  }

  async #remember(ended: Promise<CrucibleError | undefined>): Promise<void> {
    this.#error = await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
