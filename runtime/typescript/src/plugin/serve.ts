import { systemClock } from "../clock/clock.js";
import { nodeSuite } from "../crypto/node/node-suite.js";
import type { ArenaPair } from "../arena/arena.js";
import { CrucibleError } from "../error/index.js";
import { type LogSink, safeSink } from "../observe/log.js";
import { AnswerSpace } from "../rpc/cache/answer-space.js";
import { assertMethodTable } from "../rpc/method-table.js";
import { describeMethods, Peer } from "../rpc/peer.js";
import { Registry } from "../rpc/registry.js";
import { type ServiceImplementation, serviceKey } from "../rpc/service.js";
import type { PluginOpened } from "../session/plugin-opening.js";
import { Keeper } from "../session/pool/keeper.js";
import { adoptConnections, adoptLimits } from "../session/resolve-limits.js";
import { Awake } from "./awake.js";
import { type CheckedOptions, checkServe } from "./check-options.js";
import { DaemonDialler } from "./dialler.js";
import { endProcess, ignoreBrokenOutput } from "./end-process.js";
import { takeArenas } from "./handoff.js";
import { logToStderr } from "./log.js";
import type { ServeOptions } from "./options.js";
import { createPreparations } from "./preparations.js";
import { ServedPlugin } from "./served-plugin.js";
import { takeTicket, type TicketSource } from "./ticket-source.js";

/** Attempts to connect while the daemon has too many connections that nobody has vouched for. */
const maxAttempts = 6;
const firstRetryMs = 50;
/** What is in the socket when the daemon goes is still read: its Shutdown may be there. */
const lastWordsMs = 20;
/** How long a plugin without a descriptor that tells of its daemon tries to resume a session. */
const orphanTimeoutMs = 1_000;

/**
 * Serves the implementations to the daemon that has launched this process; resolves once it is registered. The process
 * ends with the session: with exit code 0 when that was shut down in order, with 1 and one line on stderr when the daemon
 * is lost, at the latest half a second after. A connection that is lost while the daemon lives is made anew: its calls have
 * failed, the session goes on. Handlers in flight hear of it by their signals. A handler that blocks the
 * event loop hears nothing, and cannot be ended from inside its own process.
 *
 * When it cannot start, such as without a daemon, it prints one line and ends the process with exit code 1.
 */
export function serve(...implementations: [ServiceImplementation, ...ServiceImplementation[]]): Promise<ServedPlugin>;
export function serve(options: ServeOptions): Promise<ServedPlugin>;
export async function serve(
  first: ServiceImplementation | ServeOptions,
  ...rest: readonly ServiceImplementation[]
): Promise<ServedPlugin> {
  let log = safeSink(logToStderr);
  let exits = true;
  try {
    const given = isImplementation(first) ? { services: [first, ...rest] } : first;
    // Before the options are checked: whoever is told of what is wrong with them may be one of them.
    exits = peek(given, "exitProcess") !== false;
    const onLog = peek(given, "onLog");
    if (typeof onLog === "function") log = safeSink(onLog);
    return await start(checkServe(given), log);
  } catch (cause) {
    const error = CrucibleError.from(cause, "OPTION_INVALID");
    if (!exits) throw error;
    log({ level: "error", reason: error.reason, message: `cannot serve: ${error.message} (${error.reason})` });
    process.exit(1);
  }
}

function isImplementation(first: ServiceImplementation | ServeOptions): first is ServiceImplementation {
  return typeof first === "object" && first !== null && serviceKey in first;
}

/** An option, whatever the options are; undefined when it cannot be read, which is told when they are checked. */
function peek<Name extends keyof ServeOptions>(given: unknown, name: Name): ServeOptions[Name] | undefined {
  try {
    return (given as ServeOptions | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

async function start(checked: CheckedOptions, log: LogSink): Promise<ServedPlugin> {
  const registry = new Registry(checked.services);
  const source = await takeTicket(process.env);
  let arenas: ArenaPair | undefined;
  try {
    arenas = takeArenas(source.ticket, checked.handoff, log);
    return await connect(checked, log, registry, source, arenas);
  } catch (error) {
    source.close();
    arenas?.incoming.close();
    arenas?.outgoing.close();
    throw error;
  }
}

async function connect(
  options: CheckedOptions,
  log: LogSink,
  registry: Registry,
  source: TicketSource,
  arenas: ArenaPair | undefined,
): Promise<ServedPlugin> {
  const { ticket } = source;
  const { address, authority, certified, pluginId, daemonId, token } = ticket;
  const { encryption, compression, limits: ownLimits, cacheBytes, handoff, connections, idleConnectionMs } = options;
  const clock = systemClock;
  const staticKey = nodeSuite.keyPair(ticket.noiseKey);
  ticket.noiseKey.fill(0);
  const dialler = new DaemonDialler({
    // Without the token, which is of no more use once it has opened a session.
    daemon: { address, authority, daemonId, certified },
    pluginId,
    staticKey,
    ...createPreparations({ ca: authority, daemonId, clock }, staticKey),
    clock,
    limits: ownLimits,
    encryption,
    compression,
    handoff: arenas !== undefined,
    onResumed: (left) => narrow?.(left),
  });
  let narrow: ((left: ReadonlySet<string>) => void) | undefined;
  let draining = false;
  let onEnded!: (error: CrucibleError | undefined) => void;
  const ended = new Promise<CrucibleError | undefined>((resolve) => {
    onEnded = resolve;
  });

  const open = ({ link, registered, handshake }: PluginOpened): ServedPlugin => {
    assertMethodTable(registered.methods, `daemon ${daemonId}`);
    const limits = adoptLimits(ownLimits, registered.limits, registered.heartbeatIntervalMs);
    const maxConnections = adoptConnections(registered.limits);
    const capabilities = new Set(registered.capabilities);
    narrow = (left) => {
      for (const name of capabilities) if (!left.has(name)) capabilities.delete(name);
    };
    for (const message of registered.warnings) log({ level: "warn", message });
    const awake = new Awake();
    const peer = new Peer({
      link,
      clock,
      side: "plugin",
      peer: { id: daemonId },
      limits,
      peerLimits: limits,
      registry,
      peerMethods: registered.methods,
      capabilities,
      interceptors: options.interceptors ?? [],
      validation: options.validation ?? {},
      answerSpace: new AnswerSpace(clock, cacheBytes),
      ...(arenas === undefined ? {} : { handoff: { arenas, leastBytes: handoff.leastBytes, views: handoff.views } }),
      onHandlerFailure: ({ method, error }) =>
        log({ level: "error", reason: "HANDLER_FAILED", message: `${method} failed:`, error }),
      onClosed: (error) => {
        keeper.close();
        awake.end();
        onEnded(draining || error.reason === "SHUTTING_DOWN" ? undefined : error);
      },
      onDraining: () => {
        draining = true;
      },
      resumable: dialler.resumes,
      onConnectionEnding: (error) => keeper.connectionEnding(error),
      onLarge: () => keeper.large(),
    });
    const keeper = new Keeper({
      session: peer.session,
      dialler,
      clock,
      random: Math.random,
      connections: Math.min(connections ?? maxConnections, maxConnections),
      idleMs: idleConnectionMs,
      // Where a descriptor tells that the daemon has gone, only that is a reason to give up.
      giveUpMs: source.tells ? Infinity : orphanTimeoutMs,
      onConnected: (connected) => (connected ? awake.end() : awake.begin()),
    });
    void source.daemonGone.finally(() => {
      clock.after(lastWordsMs, () => peer.session.abort(new CrucibleError("PEER_LOST", `daemon ${daemonId} has gone`)));
    });
    const { features } = handshake.choice;
    return new ServedPlugin({ pluginId, daemonId, capabilities, features, peer, ended });
  };

  const register = {
    pluginId,
    pluginVersion: options.version ?? "",
    methods: describeMethods(registry),
    capabilities: [...(options.capabilities ?? [])],
  };
  const served = await retried(() => dialler.open(token, register, open));
  if (options.exitProcess !== false) ignoreBrokenOutput();
  const leave = async (): Promise<void> => {
    const error = await ended;
    source.close();
    if (options.exitProcess !== false) endProcess(clock, error === undefined ? 0 : 1);
    if (error !== undefined) {
      log({ level: "error", reason: error.reason, message: `plugin ${pluginId} ends: ${error.message}` });
    }
  };
  void leave();
  return served;
}

/** Tries again, with the same offer, while the daemon refuses for want of room. */
async function retried(attempt: () => Promise<ServedPlugin>): Promise<ServedPlugin> {
  for (let left = maxAttempts, delayMs = firstRetryMs; ; left--, delayMs *= 2) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 1 || !(error instanceof CrucibleError) || error.reason !== "TOO_MANY_CONNECTIONS") throw error;
    }
    await new Promise<void>((resolve) => {
      setTimeout(resolve, delayMs);
    });
  }
}
