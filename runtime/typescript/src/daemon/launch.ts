import { generateStaticKey } from "../crypto/cipher-suite.js";
import { nodeSuite } from "../crypto/node/node-suite.js";
import { CrucibleError } from "../error/index.js";
import { Peer } from "../rpc/peer.js";
import type { MethodKind } from "../rpc/service.js";
import type { Encryption } from "../session/encryption.js";
import type { DaemonOpened } from "../session/daemon-opening.js";
import type { PeerProcess } from "../transport/node/peer-credentials.js";
import { resumeFeature } from "../session/handshake/entry.js";
import type { DaemonCore } from "./core.js";
import { createDeferred } from "./deferred.js";
import { describeEnd, lastWords } from "./exit-text.js";
import { Gate } from "./gate.js";
import { type LaunchHandoff, prepareHandoff } from "./handoff.js";
import { HeldConnections } from "./held-connections.js";
import { makeTicket } from "./launch-ticket.js";
import { type HostedMethod, Plugin } from "./launched-plugin.js";
import { canWatchMemory, watchMemory } from "./memory-watch.js";
import type { LaunchOptions } from "./options.js";
import { type PluginExit, PluginProcess } from "./plugin-process.js";
import { rehearseOnce } from "./rehearsal.js";
import { ResumeWait } from "./resume-wait.js";
import type { EnteredSession } from "./session-door.js";

/** What a registration gives to the launch that waits for it. */
interface Registered {
  readonly peer: Peer;
  readonly version: string;
  readonly methods: readonly HostedMethod[];
  readonly capabilities: ReadonlySet<string>;
  readonly connectedFrom: PeerProcess | undefined;
  readonly features: readonly string[];
}

/**
 * One launch, from a free id to a plugin that has registered.
 *
 *   listen ─▶ spawn ─▶ hand it the ticket ─▶ the first of: registered, refused, process ended, timeout, abort
 *
 * Whatever fails leaves no process, no socket and no timer.
 */
export class Launch {
  readonly #core: DaemonCore;
  readonly #options: LaunchOptions;
  readonly #onEnded: () => void;
  readonly #capabilities: ReadonlySet<string>;
  /** Made for this launch: the token is good for its owner alone. */
  readonly #key = generateStaticKey(nodeSuite);
  readonly #registered = createDeferred<Registered>();
  readonly #sessionEnded = createDeferred<CrucibleError>();
  #process: PluginProcess | undefined;
  #handoff: LaunchHandoff | undefined;
  #draining = false;
  #plugin: Plugin | undefined;

  /** `onEnded` is told when the id is free again: the launch has failed, or its plugin has ended. */
  constructor(core: DaemonCore, options: LaunchOptions, onEnded: () => void) {
    this.#core = core;
    this.#options = options;
    this.#onEnded = onEnded;
    this.#capabilities = new Set(options.capabilities);
  }

  /** The plugin, once it has registered. */
  get plugin(): Plugin | undefined {
    return this.#plugin;
  }

  /** Ends a launch that is under way; `run` rejects with `error`. */
  abort(error: CrucibleError): void {
    this.#registered.reject(error);
  }

  /** Called once. */
  async run(startTimeoutMs: number): Promise<Plugin> {
    const core = this.#core;
    const { id } = this.#options;
    const stopTimer = core.clock.after(startTimeoutMs, () => this.abort(this.#timeout(startTimeoutMs)));
    let gate: Gate | undefined;
    try {
      this.#handoff = prepareHandoff(core, this.#options, this.#encryption);
      gate = await this.#openGate();
      const process = await this.#spawn(gate);
      const registered = await this.#registered.promise;
      const sessionEnded = this.#sessionEnded.promise;
      const plugin = new Plugin({ id, core, process, gate, sessionEnded, ...registered }, this.#onEnded);
      if (this.#draining) plugin.stopping();
      this.#plugin = plugin;
      return plugin;
    } catch (error) {
      // Closed first, so that nobody registers while the process ends.
      await gate?.close();
      this.#handoff?.arenas?.close();
      this.#process?.signal("SIGKILL");
      await this.#process?.exited;
      this.#onEnded();
      throw error;
    } finally {
      stopTimer();
    }
  }

  get #encryption(): Encryption {
    return this.#options.encryption ?? this.#core.encryption;
  }

  #openGate(): Promise<Gate> {
    const { id, connectFrom } = this.#options;
    const { peerCheck } = this.#core;
    return Gate.open({
      core: this.#core,
      pluginId: id,
      pluginKey: this.#key.publicKey,
      capabilities: this.#capabilities,
      encryption: this.#encryption,
      handoff: this.#handoff!,
      maxConnections: this.#options.connections ?? this.#core.connections,
      ...(connectFrom === "anywhere" || peerCheck === undefined
        ? {}
        : { checkPeer: (connection) => peerCheck.check(connection, id, this.#process?.pid) }),
      onOpened: (opened, peer) => this.#onOpened(opened, peer),
      onRefused: (error) => this.abort(error),
    });
  }

  async #spawn(gate: Gate): Promise<PluginProcess> {
    const { log } = this.#core;
    const { id, command, cwd, env } = this.#options;
    const arenas = this.#handoff?.arenas;
    const process = await PluginProcess.start({
      pluginId: id,
      command,
      cwd,
      env: { ...globalThis.process.env, ...env, CRUCIBLE_TICKET: "fd:3" },
      descriptors: arenas?.descriptors ?? [],
      onLine: (stream, message) => log({ level: stream === "stderr" ? "warn" : "info", pluginId: id, stream, message }),
    });
    this.#process = process;
    this.#watchMemory(process);
    arenas?.closeDescriptors();
    void process.exited.then((exit) => this.abort(exitedEarly(id, exit, process)));
    // Only now: to make it takes 6 ms, the first of a daemon 25, and the process takes longer before it looks for it.
    process.handTicket(await makeTicket(this.#core, id, gate.address, this.#key, arenas !== undefined));
    // It shows in the first launch alone, which fails by itself where a session cannot be opened.
    rehearseOnce(this.#core).catch(() => {});
    return process;
  }

  #watchMemory(process: PluginProcess): void {
    const { clock, log } = this.#core;
    const { id, maxMemoryBytes: maxBytes } = this.#options;
    if (maxBytes === undefined) return;
    if (!canWatchMemory()) {
      log({
        level: "warn",
        pluginId: id,
        message: `memory of plugin ${id} is not limited: only Linux tells how much it has`,
      });
      return;
    }
    watchMemory({
      pid: process.pid,
      maxBytes,
      clock,
      ended: () => process.ended,
      onExceeded: (bytes) =>
        process.killFor(`it had ${mebibytes(bytes)} of memory, and may have ${mebibytes(maxBytes)}`),
    });
  }

  #onOpened(
    { link, register, answer, handshake, sessionHi, sessionLo }: DaemonOpened<unknown>,
    connectedFrom: PeerProcess | undefined,
  ): EnteredSession {
    const { clock, limits, registry, interceptors, validation, answerSpace, log, resumeTimeoutMs } = this.#core;
    const { id } = this.#options;
    const capabilities = new Set(answer.capabilities);
    const wait = new ResumeWait(clock, resumeTimeoutMs, (error) => peer.session.abort(error));
    const { features } = handshake.choice;
    const { arenas, leastBytes, views } = this.#handoff!;
    const peer = new Peer({
      link,
      clock,
      side: "daemon",
      peer: { id },
      limits,
      peerLimits: limits,
      registry,
      peerMethods: register.methods,
      capabilities,
      interceptors,
      validation,
      answerSpace,
      ...(arenas === undefined ? {} : { handoff: { arenas: arenas.pair, leastBytes, views } }),
      onHandlerFailure: ({ method, error }) =>
        log({
          level: "error",
          pluginId: id,
          reason: "HANDLER_FAILED",
          message: `${method}, called by plugin ${id}, failed: ${textOf(error)}`,
          error,
        }),
      onClosed: (error) => {
        wait.end();
        this.#sessionEnded.resolve(error);
      },
      resumable: handshake.choice.features.includes(resumeFeature),
      onConnectionEnding: (error, left) => {
        if (left > 0 || peer.session.lanes.length > 0) return;
        log({
          level: "warn",
          pluginId: id,
          reason: error.reason,
          message: `plugin ${id} lost its connection: ${error.message}`,
        });
        wait.begin(error);
      },
      onDraining: () => {
        this.#draining = true;
        this.#plugin?.stopping();
      },
    });
    for (const warning of answer.warnings ?? []) log({ level: "warn", pluginId: id, message: warning });
    // Kinds were checked when the registration was taken.
    const methods = register.methods.map(({ name, kind, sensitive }) => ({
      name,
      kind: kind as MethodKind,
      sensitive,
    }));
    this.#registered.resolve({ peer, version: register.pluginVersion, methods, capabilities, features, connectedFrom });
    const { session } = peer;
    const held = new HeldConnections();
    held.add(link);
    return {
      id: { sessionHi, sessionLo },
      get connections() {
        return held.count;
      },
      get ending() {
        return session.ending;
      },
      capabilities,
      join: (joining) => {
        held.add(joining);
        session.attach(joining);
        // The last one may have been lost while it was on its way.
        wait.end();
      },
      resume: (resuming, left) => {
        held.add(resuming);
        session.resume(resuming);
        wait.end();
        held.cutClosed();
        for (const name of capabilities) if (!left.has(name)) capabilities.delete(name);
        log({ level: "info", pluginId: id, message: `plugin ${id} has resumed its session` });
      },
    };
  }

  #timeout(ms: number): CrucibleError {
    const { id } = this.#options;
    const words = this.#process === undefined ? "" : lastWords(this.#process);
    return new CrucibleError(
      "PLUGIN_START_TIMEOUT",
      `plugin ${id} did not register within ${ms} ms and was killed; does it call serve()?${words}`,
    );
  }
}

function exitedEarly(id: string, exit: PluginExit, process: PluginProcess): CrucibleError {
  const words = lastWords(process);
  const next = words === "" ? "; it printed nothing on stderr: does it call serve()?" : words;
  return new CrucibleError(
    "PLUGIN_EXITED",
    `plugin ${id} ended (${describeEnd(process, exit)}) before it had registered${next}`,
  );
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
