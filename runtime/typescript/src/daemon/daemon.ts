import { systemClock } from "../clock/clock.js";
import { nodeSuite } from "../crypto/node/node-suite.js";
import { CrucibleError } from "../error/index.js";
import { safeSink } from "../observe/log.js";
import { AnswerSpace } from "../rpc/cache/answer-space.js";
import { Registry } from "../rpc/registry.js";
import { openAuthority } from "./authority.js";
import { type DaemonCore, PendingBudget } from "./core.js";
import { availableHandoff } from "./handoff.js";
import { Launch } from "./launch.js";
import { checkListening, openListening, type Platform, thisPlatform } from "./listening.js";
import type { Plugin } from "./launched-plugin.js";
import { PeerCheck } from "./peer-check.js";
import { logToStderr } from "./log.js";
import {
  checkDaemon,
  type CheckedDaemonOptions,
  checkGrace,
  checkLaunch,
  type CloseOptions,
  type DaemonOptions,
  type LaunchOptions,
} from "./options.js";
import { checkSupervise, type SuperviseOptions, SupervisedPlugin } from "./supervised-plugin.js";
import { createBootId, TokenIssuer } from "./token.js";
import { TokenLedger } from "./token-ledger.js";
import { ownTrustedKey, TokenVerifier } from "./token-verifier.js";

/** Starts plugins as processes of their own, hosts services for them, and ends them. */
export class Daemon {
  /** `<name>-<16 characters>`: the identity that its authority vouches for, the same in every run. */
  readonly id: string;
  readonly name: string;
  /** Of this run: 22 characters of base64url. */
  readonly bootId: string;
  /** Where the Unix sockets lie; undefined when plugins connect over TLS. */
  readonly socketDirectory: string | undefined;
  readonly #core: DaemonCore;
  readonly #startTimeoutMs: number;
  readonly #launches: Map<string, { readonly launch: Launch; readonly done: Promise<unknown> }> = new Map();
  readonly #supervised: Map<string, SupervisedPlugin> = new Map();
  #closing: Promise<void> | undefined;

  /** @internal Use createDaemon. */
  constructor(core: DaemonCore, name: string, bootId: string, startTimeoutMs: number) {
    this.#core = core;
    this.id = core.authority.daemonId;
    this.name = name;
    this.bootId = bootId;
    this.socketDirectory = core.listening.socketDirectory;
    this.#startTimeoutMs = startTimeoutMs;
  }

  /**
   * Starts a plugin and resolves once it has registered. A failure leaves no process and no socket.
   *
   * @throws CrucibleError PLUGIN_ID_INVALID, PLUGIN_ID_IN_USE, OPTION_INVALID, COMMAND_NOT_FOUND, PLUGIN_EXITED,
   * PLUGIN_START_TIMEOUT, ADDRESS_IN_USE when another daemon has that plugin, ADDRESS_INVALID, DIRECTORY_UNSAFE,
   * SHUTTING_DOWN, or why its registration was refused: IDENTITY_MISMATCH, REGISTER_INVALID, METHOD_COLLISION.
   */
  async launch(given: LaunchOptions): Promise<Plugin> {
    const options = checkLaunch(given);
    const { id, startTimeoutMs = this.#startTimeoutMs } = options;
    if (this.#closing !== undefined) throw shuttingDown(this.name);
    if (this.#launches.has(id)) throw idInUse(id, "running");
    const launch = new Launch(this.#core, options, () => this.#launches.delete(id));
    const running = launch.run(startTimeoutMs);
    this.#launches.set(id, { launch, done: running.catch(() => {}) });
    return running;
  }

  /**
   * Launches a plugin and starts it again whenever it fails, as `restart` says. Resolves once it has registered for the first
   * time; when that fails it is not supervised.
   *
   * @throws CrucibleError what `launch` throws.
   */
  async supervise(options: SuperviseOptions): Promise<SupervisedPlugin> {
    const { launch, rules, onStart } = checkSupervise(options);
    const { id } = launch;
    if (this.#supervised.has(id)) throw idInUse(id, "supervised");
    const { clock, log } = this.#core;
    const plugin: SupervisedPlugin = new SupervisedPlugin({
      id,
      clock,
      log,
      rules,
      onStart,
      launch: () => this.launch(launch),
      abort: () => this.#launches.get(id)?.launch.abort(new CrucibleError("SHUTTING_DOWN", `plugin ${id} was closed`)),
      onEnded: () => this.#supervised.delete(id),
    });
    this.#supervised.set(id, plugin);
    await plugin.start();
    return plugin;
  }

  /** The plugins that run, in the order they were launched. */
  plugins(): Plugin[] {
    return [...this.#launches.values()].flatMap(({ launch }) => launch.plugin ?? []);
  }

  /**
   * Ends every plugin in order, all at once, as `Plugin.close` does. Resolves when no process and no socket is left. May
   * be called twice.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const graceMs = checkGrace(options);
    await (this.#closing ??= this.#close(graceMs));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    for (const plugin of this.#supervised.values()) plugin.stop();
    const ending = [...this.#launches.values()].map(async ({ launch, done }) => {
      launch.abort(shuttingDown(this.name));
      await done;
      await launch.plugin?.closeFor("DAEMON_STOPPING", graceMs);
    });
    await Promise.all(ending);
  }
}

function idInUse(id: string, how: string): CrucibleError {
  return new CrucibleError("PLUGIN_ID_IN_USE", `plugin ${id} is ${how} already; close it first or choose another id`);
}

function shuttingDown(name: string): CrucibleError {
  return new CrucibleError("SHUTTING_DOWN", `daemon ${name} is shutting down; it launches no plugins`);
}

/**
 * Makes a daemon. On first use of a state directory it makes the authority there, which takes about 0.3 s.
 *
 * @throws CrucibleError OPTION_INVALID, ADDRESS_INVALID, AUTHORITY_INVALID, DIRECTORY_UNSAFE, METHOD_COLLISION.
 */
export function createDaemon(options: DaemonOptions): Promise<Daemon> {
  return createDaemonOn(thisPlatform, options);
}

/** The same on another platform, for tests. */
export async function createDaemonOn(platform: Platform, options: DaemonOptions): Promise<Daemon> {
  const checked = checkDaemon(options);
  const { core, bootId } = await makeCore(platform, checked);
  return new Daemon(core, checked.name, bootId, checked.startTimeoutMs);
}

/** What a daemon stands on, without one: for measurements that need no processes. Throws what createDaemon throws. */
export async function createCore(
  platform: Platform,
  options: DaemonOptions,
): Promise<{ readonly core: DaemonCore; readonly bootId: string }> {
  return makeCore(platform, checkDaemon(options));
}

async function makeCore(
  platform: Platform,
  options: CheckedDaemonOptions,
): Promise<{ readonly core: DaemonCore; readonly bootId: string }> {
  const clock = systemClock;
  const log = safeSink(options.onLog ?? logToStderr);
  const { limits, encryption, compression, connections, resumeTimeoutMs, cacheBytes, maxPendingConnections } = options;
  const handoff = availableHandoff(options.handoff);
  const registry = new Registry(options.services);
  checkListening(options, platform);
  const authority = await openAuthority({
    name: options.name,
    ...(options.stateDirectory === undefined ? {} : { directory: options.stateDirectory }),
  });
  const listening = await openListening(options, {
    authority,
    clock,
    log,
    platform,
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
  });
  const bootId = createBootId();
  const { daemonId, tokenKey } = authority;
  const core: DaemonCore = {
    clock,
    log,
    authority,
    issuer: new TokenIssuer({ daemonId, bootId, key: tokenKey, clock }),
    verifier: new TokenVerifier({
      daemonId,
      bootId,
      keys: [ownTrustedKey(daemonId, tokenKey)],
      ledger: new TokenLedger({ clock }),
      clock,
    }),
    staticKey: nodeSuite.keyPair(nodeSuite.random(32)),
    listening,
    peerCheck: listening.socketDirectory === undefined ? undefined : new PeerCheck(log),
    registry,
    limits,
    encryption,
    compression,
    connections,
    resumeTimeoutMs,
    handoff,
    interceptors: options.interceptors ?? [],
    validation: options.validation ?? {},
    answerSpace: new AnswerSpace(clock, cacheBytes),
    pending: new PendingBudget(maxPendingConnections),
  };
  return { core, bootId };
}
