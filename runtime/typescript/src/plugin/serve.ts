import { systemClock } from "../clock/clock.js";
import { nodeSuite } from "../crypto/node/node-suite.js";
import { createDaemonVerifier } from "../crypto/node/verify-daemon.js";
import { CrucibleError } from "../error/index.js";
import { type LogSink, safeSink } from "../observe/log.js";
import { AnswerSpace, resolveCacheBytes } from "../rpc/cache/answer-space.js";
import { assertMethodTable } from "../rpc/method-table.js";
import { describeMethods, Peer } from "../rpc/peer.js";
import { Registry } from "../rpc/registry.js";
import { type ServiceImplementation, serviceKey } from "../rpc/service.js";
import { type CompressionPolicy, isCompressionPolicy } from "../session/compression.js";
import { type Encryption, isEncryption } from "../session/encryption.js";
import { offerFor } from "../session/handshake/own-offer.js";
import { PluginHandshake } from "../session/handshake/plugin-handshake.js";
import type { SessionLimits } from "../session/limits.js";
import { openAsPlugin, type PluginOpened } from "../session/plugin-opening.js";
import { adoptLimits, resolveLimits } from "../session/resolve-limits.js";
import { transportFor } from "../transport/node/transport-for.js";
import { endProcess, ignoreBrokenOutput } from "./end-process.js";
import { logToStderr } from "./log.js";
import type { ServeOptions } from "./options.js";
import { ServedPlugin } from "./served-plugin.js";
import { takeTicket, type TicketSource } from "./ticket-source.js";

/** Attempts to connect while the daemon has too many connections that nobody has vouched for. */
const maxAttempts = 6;
const firstRetryMs = 50;
/** What is in the socket when the daemon goes is still read: its Shutdown may be there. */
const lastWordsMs = 20;

/**
 * Serves the implementations to the daemon that has launched this process; resolves once it is registered. The process
 * ends with the session: with exit code 0 when that was shut down in order, with 1 and one line on stderr when the daemon
 * is lost, at the latest half a second after. Handlers in flight hear of it by their signals. A handler that blocks the
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
  const options = serviceKey in first ? { services: [first, ...rest] } : first;
  const log = safeSink(options.onLog ?? logToStderr);
  try {
    return await start(options, log);
  } catch (cause) {
    const error = CrucibleError.from(cause, "OPTION_INVALID");
    if (options.exitProcess === false) throw error;
    log({ level: "error", reason: error.reason, message: `cannot serve: ${error.message} (${error.reason})` });
    process.exit(1);
  }
}

async function start(options: ServeOptions, log: LogSink): Promise<ServedPlugin> {
  const registry = new Registry(options.services);
  const limits = resolveLimits(options.limits);
  const cacheBytes = resolveCacheBytes(options.cacheBytes);
  const { encryption = "none", compression = "auto" } = options;
  if (!isEncryption(encryption)) {
    throw new CrucibleError("OPTION_INVALID", `encryption is ${JSON.stringify(encryption)}; see ServeOptions`);
  }
  if (!isCompressionPolicy(compression)) {
    throw new CrucibleError("OPTION_INVALID", `compression is ${JSON.stringify(compression)}; see ServeOptions`);
  }
  const source = await takeTicket(process.env);
  try {
    return await connect({ ...options, encryption, compression }, log, registry, limits, cacheBytes, source);
  } catch (error) {
    source.close();
    throw error;
  }
}

async function connect(
  options: ServeOptions & { readonly encryption: Encryption; readonly compression: CompressionPolicy },
  log: LogSink,
  registry: Registry,
  ownLimits: SessionLimits,
  cacheBytes: number,
  source: TicketSource,
): Promise<ServedPlugin> {
  const { ticket } = source;
  const { pluginId, daemonId } = ticket;
  const { encryption, compression } = options;
  const clock = systemClock;
  const verifyDaemon = createDaemonVerifier({ ca: ticket.authority, daemonId, clock });
  const staticKey = nodeSuite.keyPair(ticket.noiseKey);
  ticket.noiseKey.fill(0);
  let draining = false;
  let onEnded!: (error: CrucibleError | undefined) => void;
  const ended = new Promise<CrucibleError | undefined>((resolve) => {
    onEnded = resolve;
  });

  const open = ({ link, registered }: PluginOpened): ServedPlugin => {
    assertMethodTable(registered.methods, `daemon ${daemonId}`);
    const limits = adoptLimits(ownLimits, registered.limits, registered.heartbeatIntervalMs);
    const capabilities = new Set(registered.capabilities);
    for (const message of registered.warnings) log({ level: "warn", message });
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
      onHandlerFailure: ({ method, error }) =>
        log({ level: "error", reason: "HANDLER_FAILED", message: `${method} threw:`, error }),
      onClosed: (error) => onEnded(draining || error.reason === "SHUTTING_DOWN" ? undefined : error),
      onDraining: () => {
        draining = true;
      },
    });
    void source.daemonGone.finally(() => {
      clock.after(lastWordsMs, () => peer.session.abort(new CrucibleError("PEER_LOST", `daemon ${daemonId} has gone`)));
    });
    return new ServedPlugin({ pluginId, daemonId, capabilities, peer, ended });
  };

  const attempt = async (): Promise<ServedPlugin> => {
    const { address, authority, certified } = ticket;
    const own = certified === undefined ? {} : { own: certified };
    const tls = { daemon: { authority, daemonId }, ...own, handshakeTimeoutMs: ownLimits.handshakeTimeoutMs };
    const transport = await transportFor(address, { clock, tls });
    const connection = await transport.dial(address);
    const handshake = new PluginHandshake({
      suite: nodeSuite,
      staticKey,
      binding: connection.binding,
      offer: offerFor(compression),
      daemonId,
      verifyDaemon,
      token: ticket.token,
    });
    const register = {
      pluginId,
      pluginVersion: options.version ?? "",
      methods: describeMethods(registry),
      capabilities: [...(options.capabilities ?? [])],
    };
    return openAsPlugin({ connection, clock, limits: ownLimits, encryption, compression, handshake, register, open });
  };

  const served = await retried(attempt);
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
