import type { Codec } from "../codec/codec.js";
import type { CrucibleError } from "../error/index.js";
import type { Peer } from "../rpc/peer.js";
import type { Caller, MethodKind, ServiceClient, ServiceClientClass } from "../rpc/service.js";
import type { Encryption } from "../session/encryption.js";
import type { EventHandler } from "../session/events.js";
import type { PeerProcess } from "../transport/node/peer-credentials.js";
import type { SharedBuffer } from "../session/handoff/shared-buffer.js";
import type { DaemonCore } from "./core.js";
import { describeEnd, exitError, lastWords } from "./exit-text.js";
import type { Gate } from "./gate.js";
import { checkGrace, type CloseOptions } from "./options.js";
import type { PluginExit, PluginProcess } from "./plugin-process.js";

/**
 * Where a plugin is on its way. One that runs may be without a connection for a while: see `connections`.
 *
 *   running ──close(), or it says that it stops──▶ draining ──its process has ended──▶ ended
 *   running ──session lost, or process ended──▶ ended
 */
export type PluginState = "running" | "draining" | "ended";

/** A method that a plugin hosts, as it said when it registered. */
export interface HostedMethod {
  /** `package.Service/Method`. */
  readonly name: string;
  readonly kind: MethodKind;
  /** Its calls are sealed. */
  readonly sensitive: boolean;
}

/** @internal What a launch has made. */
export interface LaunchedParts {
  readonly id: string;
  readonly core: DaemonCore;
  readonly process: PluginProcess;
  readonly gate: Gate;
  readonly peer: Peer;
  readonly version: string;
  readonly methods: readonly HostedMethod[];
  readonly capabilities: ReadonlySet<string>;
  readonly connectedFrom: PeerProcess | undefined;
  readonly features: readonly string[];
  /** Resolves with why the session has ended. */
  readonly sessionEnded: Promise<CrucibleError>;
}

/** How long a process may go on without its session: PROTOCOL.md gives a plugin one second to end by itself. */
const orphanMs = 1_000;

/** A plugin that runs: calls to it, events both ways, its end. */
export class Plugin {
  readonly id: string;
  /** Of its process. */
  readonly pid: number;
  /** What the plugin says of itself, semver; empty when it says nothing. */
  readonly version: string;
  /** What it hosts, in the order in which it said so. */
  readonly methods: readonly HostedMethod[];
  /** What it was granted; a session that is resumed may have less than before. */
  readonly capabilities: ReadonlySet<string>;
  /** What of its session is sealed. */
  readonly encryption: Encryption;
  /**
   * The process at the other end of its connection, by the system's word: that of `pid`, or one that it has started. Undefined
   * where the system does not tell, which is anywhere but on Linux, without the package koffi, and over TLS; and with
   * `connectFrom: "anywhere"`. The plugin is then known by its key and its token alone.
   */
  readonly connectedFrom: PeerProcess | undefined;
  /** Optional parts of the protocol that both sides have agreed on, such as `handoff` where they share memory. */
  readonly features: readonly string[];
  /** Resolves when its process has ended, its socket is gone and its id is free; never rejects. */
  readonly exited: Promise<PluginExit>;
  readonly #parts: LaunchedParts;
  #state: PluginState = "running";
  #endedInOrder = false;
  #closing: Promise<PluginExit> | undefined;

  /** @internal Plugins come from `Daemon.launch`. */
  constructor(parts: LaunchedParts, onEnded: () => void) {
    this.#parts = parts;
    this.id = parts.id;
    this.pid = parts.process.pid;
    this.version = parts.version;
    this.methods = parts.methods;
    this.capabilities = parts.capabilities;
    this.encryption = parts.peer.session.encryption;
    this.connectedFrom = parts.connectedFrom;
    this.features = parts.features;
    this.exited = this.#watch(onEnded);
  }

  get state(): PluginState {
    return this.#state;
  }

  /**
   * A stub of a service that the plugin hosts. Its calls fail with METHOD_UNKNOWN when the plugin does not host it, and
   * with PEER_LOST or SHUTTING_DOWN once the plugin has ended.
   */
  client<Stub extends ServiceClient>(type: ServiceClientClass<Stub>): Stub {
    return this.#parts.peer.client(type);
  }

  /**
   * Memory for so many bytes, 1 to 2,147,483,648, to be filled and given as a `bytes` field of a message to this plugin, which
   * is then sent without being copied: see SharedBuffer. Ordinary memory when none is shared, or it is full.
   */
  allocate(bytes: number): SharedBuffer {
    return this.#parts.peer.allocate(bytes);
  }

  /**
   * Frees the part of shared memory that a message has which came as a view, given any of its `bytes` fields; nobody may look
   * at them after that. False when they are no view. See `views` of HandoffOptions.
   */
  releaseView(bytes: Uint8Array): boolean {
    return this.#parts.peer.session.sharing.releaseView(bytes);
  }

  /**
   * Sends an event to the plugin. With `acknowledge` the promise resolves once its handlers have succeeded. `subject` is
   * segments of `A-Za-z0-9_-` joined by dots, at most 255 characters.
   */
  publish<Init>(
    subject: string,
    codec: Codec<unknown, Init>,
    message: Init,
    options?: { readonly acknowledge?: boolean },
  ): Promise<void> {
    return this.#parts.peer.publish(subject, codec, message, options);
  }

  /** Adds a handler of the plugin's events; returns what removes it. */
  subscribe(handler: EventHandler): () => void {
    return this.#parts.peer.subscribe(handler);
  }

  /**
   * Connections that take calls now: 0 while a lost one has not been replaced, and calls fail with PEER_LOST, retryable;
   * more than one where the plugin moves much.
   */
  get connections(): number {
    return this.#parts.peer.session.usable.length;
  }

  /**
   * The round trip that was measured last, in milliseconds: by `ping`, or by a heartbeat, which a plugin gets when it has
   * been silent for an interval. Undefined before the first.
   */
  get rttMs(): number | undefined {
    return this.#parts.peer.session.rttMs;
  }

  /** Measures a round trip to the plugin, in milliseconds. */
  ping(): Promise<number> {
    return this.#parts.peer.session.ping();
  }

  /**
   * Ends the plugin in order: no new calls, live ones may take `graceMs`, then the process has a second to end by itself
   * before SIGTERM, and another before SIGKILL. Resolves when it has ended. May be called twice.
   */
  async close(options: CloseOptions = {}): Promise<PluginExit> {
    const graceMs = checkGrace(options);
    return (this.#closing ??= this.#close(graceMs, "PLUGIN_STOPPING"));
  }

  /** @internal As `close`, with the reason that the plugin is told. */
  closeFor(reason: string, graceMs: number): Promise<PluginExit> {
    return (this.#closing ??= this.#close(graceMs, reason));
  }

  /**
   * Takes back what the plugin was granted, at once: its calls fail, its connections end, neither its token nor the ticket
   * of its session opens another, and its process is ended as by `close`. Resolves when it has ended. May be called twice.
   */
  revoke(): Promise<PluginExit> {
    const { gate, peer } = this.#parts;
    gate.revoke();
    // One that is closing already has no more time either.
    if (this.#closing !== undefined) void peer.session.drain(0, "REVOKED");
    return this.closeFor("REVOKED", 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal What makes the calls of its stubs. */
  get caller(): Caller {
    return this.#parts.peer.caller;
  }

  /** @internal Whether it has ended as it was told to, or as it said that it would. */
  get endedInOrder(): boolean {
    return this.#endedInOrder;
  }

  /** @internal The plugin has said that it stops. */
  stopping(): void {
    if (this.#state === "running") this.#state = "draining";
  }

  async #close(graceMs: number, reason: string): Promise<PluginExit> {
    const { peer, process } = this.#parts;
    if (this.#state === "running") this.#state = "draining";
    await peer.session.drain(graceMs, reason);
    if (!(await this.#endsWithin(orphanMs))) {
      process.signal("SIGTERM");
      if (!(await this.#endsWithin(orphanMs))) process.signal("SIGKILL");
    }
    return this.exited;
  }

  /** From now to the end of the process. */
  async #watch(onEnded: () => void): Promise<PluginExit> {
    const { id, core, process, gate, peer } = this.#parts;
    void this.#watchSession();
    const exit = await process.exited;
    const expected = this.#state === "draining" && (exit.code === 0 || this.#closing !== undefined);
    this.#state = "ended";
    this.#endedInOrder = expected;
    if (!expected) {
      const how = process.killedFor === "" ? "ended by itself" : "was ended";
      const message = `plugin ${id} ${how} (${describeEnd(process, exit)})${lastWords(process)}`;
      core.log({ level: "error", pluginId: id, reason: "PLUGIN_EXITED", message });
    } else {
      core.log({ level: "info", pluginId: id, message: `plugin ${id} has ended (${describeEnd(process, exit)})` });
    }
    peer.session.abort(exitError(id, process, exit));
    await gate.close();
    onEnded();
    return exit;
  }

  /** A session that ends takes its process along. */
  async #watchSession(): Promise<void> {
    const { id, core, process, sessionEnded } = this.#parts;
    const error = await sessionEnded;
    if (this.#state === "running" && !process.ended) {
      const message = `session of plugin ${id} has ended: ${error.message}`;
      core.log({ level: "error", pluginId: id, reason: error.reason, message });
    }
    this.stopping();
    // close() has steps of its own.
    if (this.#closing === undefined && !(await this.#endsWithin(orphanMs))) process.signal("SIGKILL");
  }

  #endsWithin(ms: number): Promise<boolean> {
    const { core, process } = this.#parts;
    if (process.ended) return Promise.resolve(true);
    return new Promise((resolve) => {
      const stop = core.clock.after(ms, () => resolve(false));
      void process.exited.finally(() => {
        stop();
        resolve(true);
      });
    });
  }
}
