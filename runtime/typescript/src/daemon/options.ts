import { CrucibleError } from "../error/index.js";
import {
  checkBoolean,
  checkNumber,
  checkPath,
  isListOf,
  type Names,
  optionInvalid,
  readOptions,
} from "../error/options.js";
import { shown } from "../error/text.js";
import { isPluginId } from "../crypto/identity.js";
import type { LogSink } from "../observe/log.js";
import { resolveCacheBytes } from "../rpc/cache/answer-space.js";
import { checkSide } from "../rpc/check-sides.js";
import type { Interceptor } from "../rpc/interceptor.js";
import { isCapability } from "../rpc/method-table.js";
import type { ValidationOptions } from "../rpc/peer.js";
import type { ServiceImplementation } from "../rpc/service.js";
import { checkCompression, type CompressionPolicy } from "../session/compression.js";
import { checkEncryption, type Encryption } from "../session/encryption.js";
import { type DaemonHandoffOptions, type ResolvedHandoff, resolveHandoff } from "../session/handoff/options.js";
import type { SessionLimits } from "../session/limits.js";
import { resolveLimits } from "../session/resolve-limits.js";

/** What a daemon is made of. */
export interface DaemonOptions {
  /**
   * Names the daemon: 1 to 40 of `a-z`, `0-9` and `-`, no hyphen first or last. Its id begins with it, and its authority
   * lies under it.
   */
  readonly name: string;
  /**
   * Where the authority's secrets lie; made when missing, mode 0700. Daemons that share it share one identity. Default:
   * `$XDG_STATE_HOME/crucible/<name>`, which is `~/.local/state/crucible/<name>` unless set otherwise.
   */
  readonly stateDirectory?: string;
  /**
   * How plugins connect: `unix`, over a Unix socket for each; `tls`, over TCP on this machine with TLS 1.3, on the first
   * free port of 9000 to 9999 for each; or the same at an address of your own, `tls://host:port` or `tls://host:first-last`,
   * with a port for each plugin. Default: `unix`, and on a platform that has none `tls`, with a warning.
   */
  readonly listen?: "unix" | "tls" | `tls://${string}`;
  /**
   * Over TLS, whether a plugin has to show a certificate of its own. Each launch then makes one, which goes into its ticket,
   * and who does not have it gets no further than the TLS handshake; a launch takes somewhat longer. With Unix sockets OPTION_INVALID. Default: false, and the handshake behind TLS tells who a plugin is.
   */
  readonly mutualTls?: boolean;
  /**
   * Where the Unix sockets lie; made when missing, mode 0700. At most 107 bytes with the name of a socket. Default:
   * `/tmp/crucible-plugins`, or the next safe one, with a warning. Over TLS there is none.
   */
  readonly socketDirectory?: string;
  /** The services that plugins may call, given the capabilities. Default: none. */
  readonly services?: readonly ServiceImplementation[];
  /** Around every call, both ways, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** What a session takes. Default: `defaultLimits`; the ranges are in PROTOCOL.md. */
  readonly limits?: Partial<SessionLimits>;
  /** Where messages are checked against their schema. Default: as they arrive, and responses before they leave. */
  readonly validation?: ValidationOptions;
  /**
   * What kept answers of all plugins may take together, in bytes: 0 to 2^53-1. With 0 no method is cached, whatever its schema
   * says. Default: 67,108,864.
   */
  readonly cacheBytes?: number;
  /**
   * What is sealed between daemon and plugins beside what is always: `none`, no call, so that sensitive methods cannot be
   * called; `sensitive`, the calls of sensitive methods; `everything`, every frame. A plugin may demand more, and what
   * nothing protects needs everything. Default: `sensitive`.
   */
  readonly encryption?: Encryption;
  /**
   * What the daemon compresses of what it sends: `auto`, over TCP what is worth it, and elsewhere what methods ask for;
   * `adaptive`, everywhere what is worth it; `off`, nothing, and plugins neither. Sensitive methods never are, and where
   * everything is sealed only those that ask for it. Default: `auto`.
   */
  readonly compression?: CompressionPolicy;
  /**
   * Connections that a plugin may have at one time: 1 to 16. A plugin opens a second one when it moves much, so that small
   * calls do not wait behind large ones; more than that help where several large ones go on at once. With 1 all share one.
   * Each takes a descriptor, and a handshake of some milliseconds when it is opened. Default: 2.
   */
  readonly connections?: number;
  /**
   * How long a plugin may take to come back when its connection is lost and its process is not, in milliseconds: 0 to
   * 3,600,000. Until then its session waits, and calls to it fail at once; then it is ended. With 0 it is ended at once.
   * Default: 10,000.
   */
  readonly resumeTimeoutMs?: number;
  /** What goes through memory that daemon and plugin share, where koffi is installed; see HandoffOptions. */
  readonly handoff?: DaemonHandoffOptions;
  /** Takes what is worth knowing, and what plugins print. Default: warnings, errors and output as JSON lines on stderr. */
  readonly onLog?: LogSink;
  /** How long a plugin may take from its launch to its registration, in milliseconds: 100 to 60,000. Default: 10,000. */
  readonly startTimeoutMs?: number;
  /** Connections that have not registered, over all sockets: 1 to 4,096. Further ones are refused. Default: 64. */
  readonly maxPendingConnections?: number;
}

/** Which process to start, and what it may do. */
export interface LaunchOptions {
  /** Names the plugin: 1 to 40 of `a-z`, `0-9` and `-`, no hyphen first or last. */
  readonly id: string;
  /** The program and its arguments; no shell is involved. */
  readonly command: readonly [string, ...string[]];
  /** Its working directory. Default: that of this process. */
  readonly cwd?: string;
  /** Environment variables on top of those of this process; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it may get: names of capabilities, which the methods of the daemon's services ask for. Default: none. */
  readonly capabilities?: readonly string[];
  /** As in DaemonOptions, for this plugin. */
  readonly encryption?: Encryption;
  /**
   * Which processes may connect as this plugin: `process`, the one that is launched and those that it has started, where the
   * system tells (on Linux, with the package koffi); `anywhere`, whoever has the ticket, for commands that have something
   * else start the plugin, such as a container's. Default: `process`.
   */
  readonly connectFrom?: "process" | "anywhere";
  /**
   * Resident memory that its process may have together with all that it has started, in bytes: 1,048,576 to 2^53-1. It is
   * looked at four times a second; a plugin that has more is killed. Shared memory that it has touched counts, and what
   * several of its processes share counts for each. On Linux alone; elsewhere a warning says that nothing is limited.
   * Default: no limit.
   */
  readonly maxMemoryBytes?: number;
  /** As in DaemonOptions, for this plugin; what is not set is the daemon's. */
  readonly handoff?: DaemonHandoffOptions;
  /** As in DaemonOptions, for this plugin. */
  readonly connections?: number;
  /** As in DaemonOptions, for this plugin. */
  readonly startTimeoutMs?: number;
}

const daemonNames: Names<DaemonOptions> = {
  name: true,
  stateDirectory: true,
  listen: true,
  mutualTls: true,
  socketDirectory: true,
  services: true,
  interceptors: true,
  limits: true,
  validation: true,
  cacheBytes: true,
  encryption: true,
  compression: true,
  connections: true,
  resumeTimeoutMs: true,
  handoff: true,
  onLog: true,
  startTimeoutMs: true,
  maxPendingConnections: true,
};
export const launchNames: Names<LaunchOptions> = {
  id: true,
  command: true,
  cwd: true,
  env: true,
  capabilities: true,
  encryption: true,
  connectFrom: true,
  maxMemoryBytes: true,
  handoff: true,
  connections: true,
  startTimeoutMs: true,
};

/** How to end in order. */
export interface CloseOptions {
  /** How long calls in flight may still take, in milliseconds: 0 to 3,600,000. Default: 5,000. */
  readonly graceMs?: number;
}

const defaultGraceMs = 5_000;
/**
 * Beside a message of 256 MiB, 99 of 100 small calls take 9.4 ms with two connections and 19.8 with one, beside an equal one
 * over a bare socket 6.8; beside a stream of 1 MiB messages 6.3, 7.3 and 5.4 (one run in turns, Node 24: npm run bench --
 * latency). What is transferred a second is the same.
 */
const defaultConnections = 2;

/** The timeout of a start. Launch tokens live 60 seconds: a longer one would only fail later. */
function checkStartTimeout(value: number): number {
  return checkNumber("startTimeoutMs", value, 100, 60_000);
}

/** Connections of one session. */
function checkConnections(value: number): number {
  return checkNumber("connections", value, 1, 16);
}

/** The grace of `options`, in milliseconds. @throws CrucibleError OPTION_INVALID. */
export function checkGrace(options: CloseOptions): number {
  const { graceMs = defaultGraceMs } = readOptions("close", options, { graceMs: true });
  return checkNumber("graceMs", graceMs, 0, 3_600_000);
}

/** What a daemon is made of, with defaults, and each in its range. */
export interface CheckedDaemonOptions extends Omit<DaemonOptions, "limits" | "handoff"> {
  readonly services: readonly ServiceImplementation[];
  readonly limits: SessionLimits;
  readonly handoff: ResolvedHandoff;
  readonly encryption: Encryption;
  readonly compression: CompressionPolicy;
  readonly connections: number;
  readonly resumeTimeoutMs: number;
  readonly cacheBytes: number;
  readonly startTimeoutMs: number;
  readonly maxPendingConnections: number;
}

/** @throws CrucibleError OPTION_INVALID, before anything is made. */
export function checkDaemon(given: DaemonOptions): CheckedDaemonOptions {
  const options = readOptions("createDaemon", given, daemonNames);
  checkSide(options);
  checkPath("stateDirectory", options.stateDirectory);
  checkPath("socketDirectory", options.socketDirectory);
  checkBoolean("mutualTls", options.mutualTls);
  const { maxPendingConnections = 64, resumeTimeoutMs = 10_000 } = options;
  // No spread: it would have the prototype that all objects share.
  return Object.assign(options as Omit<typeof options, "limits" | "handoff">, {
    services: options.services ?? [],
    limits: resolveLimits(options.limits),
    handoff: resolveHandoff(options.handoff),
    encryption: checkEncryption(options.encryption ?? "sensitive"),
    compression: checkCompression(options.compression ?? "auto"),
    connections: checkConnections(options.connections ?? defaultConnections),
    resumeTimeoutMs: checkNumber("resumeTimeoutMs", resumeTimeoutMs, 0, 3_600_000),
    cacheBytes: resolveCacheBytes(options.cacheBytes),
    startTimeoutMs: checkStartTimeout(options.startTimeoutMs ?? 10_000),
    maxPendingConnections: checkNumber("maxPendingConnections", maxPendingConnections, 1, 4_096),
  });
}

/** @throws CrucibleError PLUGIN_ID_INVALID or OPTION_INVALID, before anything is started. */
export function checkLaunch(given: LaunchOptions): LaunchOptions {
  const options = readOptions("launch", given, launchNames);
  const { id, command, cwd, env, capabilities, encryption, connections, connectFrom, handoff, startTimeoutMs } =
    options;
  if (typeof id !== "string" || !isPluginId(id)) {
    throw new CrucibleError(
      "PLUGIN_ID_INVALID",
      `plugin id ${shown(id)} has no valid form: use 1 to 40 of a-z, 0-9 and -, no hyphen first or last`,
    );
  }
  const wrong = (fact: string): CrucibleError => optionInvalid(`launch of ${id}: ${fact}`);
  if (!isListOf(command, isArgument) || command.length === 0 || command[0] === "") {
    throw wrong('command is a list of texts without NUL, the program first: ["node", "dist/search.js"]');
  }
  if (cwd !== undefined && !isArgument(cwd)) throw wrong("cwd is the path of a directory");
  if (env !== undefined && (typeof env !== "object" || Array.isArray(env))) throw wrong("env is an object of texts");
  for (const [name, value] of Object.entries(env ?? {})) {
    if (name === "" || name.includes("=") || !isArgument(name) || !(value === undefined || isArgument(value))) {
      throw wrong(`env has a variable ${shown(name)} that no process can have`);
    }
  }
  if (encryption !== undefined) checkEncryption(encryption);
  if (connectFrom !== undefined && connectFrom !== "process" && connectFrom !== "anywhere") {
    throw wrong(`connectFrom is ${shown(connectFrom)}; it is "process" or "anywhere"`);
  }
  const { maxMemoryBytes } = options;
  if (maxMemoryBytes !== undefined) checkNumber("maxMemoryBytes", maxMemoryBytes, 1_048_576, Number.MAX_SAFE_INTEGER);
  if (connections !== undefined) checkConnections(connections);
  if (startTimeoutMs !== undefined) checkStartTimeout(startTimeoutMs);
  resolveHandoff(handoff);
  if (capabilities !== undefined && !isListOf(capabilities, isCapability)) {
    throw wrong("capabilities is a list of names of A-Z, a-z, 0-9, dot, underscore and hyphen");
  }
  return options;
}

function isArgument(value: unknown): boolean {
  return typeof value === "string" && !value.includes("\0");
}
