import { resolve } from "node:path";
import type { Clock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import type { LogSink } from "../observe/log.js";
import { parseAddress } from "../transport/address.js";
import { chooseSocketDirectory, ensureSocketDirectory, ownUid } from "../transport/node/socket-directory.js";
import { transportFor } from "../transport/node/transport-for.js";
import type { Transport } from "../transport/transport.js";
import type { Authority } from "./authority.js";
import type { DaemonOptions } from "./options.js";

/** How the plugins of a daemon reach it. */
export interface Listening {
  readonly transport: Transport;
  /** Where the Unix sockets lie; undefined where there are none. */
  readonly socketDirectory: string | undefined;
  /** Whether plugins have to show a certificate, which their tickets then have. */
  readonly mutual: boolean;
  /** Where the daemon listens for a plugin; of a range of ports it takes the first that is free. */
  addressFor(pluginId: string): string;
}

/** What a platform has, as far as it decides how plugins connect. */
export interface Platform {
  readonly hasUnixSockets: boolean;
}

/** This one: Windows has sockets of that name, which Node does not reach. */
export const thisPlatform: Platform = { hasUnixSockets: process.platform !== "win32" };

/** What of the options of a daemon is about it. */
export type ListeningOptions = Pick<DaemonOptions, "listen" | "mutualTls" | "socketDirectory">;

/** What a chosen transport needs to know of its daemon. */
export interface ListeningParts {
  readonly authority: Authority;
  readonly clock: Clock;
  readonly log: LogSink;
  readonly platform: Platform;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshakeTimeoutMs: number;
}

/** Loopback, so that nobody off this machine gets as far as a handshake; the ports are those of the specification. */
const defaultTlsAddress = "tls://127.0.0.1:9000-9999";

/**
 * Makes what `listen` asks for. Without it that is Unix sockets, or TLS where the platform has none, with one line in the
 * log: never because a socket directory was refused.
 *
 * @throws CrucibleError OPTION_INVALID, ADDRESS_INVALID, DIRECTORY_UNSAFE.
 */
export function openListening(options: ListeningOptions, parts: ListeningParts): Promise<Listening> {
  const { listen } = options;
  const { log, platform } = parts;
  checkListening(options, platform);
  if (listen === undefined && !platform.hasUnixSockets) {
    const message = `this platform has no Unix sockets: plugins connect over TLS, at ${defaultTlsAddress}`;
    log({ level: "warn", message });
    return overTls(defaultTlsAddress, options, parts);
  }
  if (listen === undefined || listen === "unix") return overUnixSockets(options, parts);
  return overTls(listen === "tls" ? defaultTlsAddress : listen, options, parts);
}

/** Judges what `listen` asks for, before anything is made. @throws CrucibleError OPTION_INVALID, ADDRESS_INVALID. */
export function checkListening({ listen, mutualTls }: ListeningOptions, { hasUnixSockets }: Platform): void {
  if (mutualTls === true && (listen === "unix" || (listen === undefined && hasUnixSockets))) {
    throw new CrucibleError("OPTION_INVALID", 'mutualTls is for plugins that connect over TLS; add listen: "tls"');
  }
  if (listen === "unix" && !hasUnixSockets) {
    throw new CrucibleError("OPTION_INVALID", 'listen is "unix", and this platform has no Unix sockets; use "tls"');
  }
  if (listen !== undefined && listen !== "unix" && listen !== "tls") checkAddress(listen);
}

async function overUnixSockets(options: ListeningOptions, { clock, log }: ListeningParts): Promise<Listening> {
  const socketDirectory = socketDirectoryOf(options, (message) => log({ level: "warn", message }));
  const addressFor = (pluginId: string): string => `unix:${socketDirectory}/${pluginId}.sock`;
  return { transport: await transportFor(addressFor("any"), { clock }), socketDirectory, mutual: false, addressFor };
}

async function overTls(address: string, options: ListeningOptions, parts: ListeningParts): Promise<Listening> {
  const { authority, clock, handshakeTimeoutMs } = parts;
  const mutual = options.mutualTls ?? false;
  const pluginAuthority = mutual ? { pluginAuthority: authority.caCertificate } : {};
  const tls = { identity: () => authority.tlsIdentity(), ...pluginAuthority, handshakeTimeoutMs };
  const transport = await transportFor(address, { clock, tls });
  return { transport, socketDirectory: undefined, mutual, addressFor: () => address };
}

function socketDirectoryOf({ socketDirectory }: ListeningOptions, warn: (line: string) => void): string {
  if (socketDirectory === undefined) return chooseSocketDirectory(process.env, ownUid(), warn);
  const path = resolve(socketDirectory);
  ensureSocketDirectory(path, ownUid());
  return path;
}

/** The address goes into the tickets, so that it has to be one that can be dialled. */
function checkAddress(listen: string): void {
  const wrong = (fact: string): CrucibleError =>
    new CrucibleError(
      "OPTION_INVALID",
      `listen ${fact}: use "unix", "tls" or tls://<address of this machine>:9000-9999`,
    );
  if (typeof listen !== "string" || !listen.startsWith("tls://")) throw wrong("names no transport of a daemon");
  const parsed = parseAddress(listen);
  if (parsed.kind !== "tls") throw wrong("names no transport of a daemon");
  const everywhere = parsed.host.includes(":")
    ? new URL(`tls://[${parsed.host}]`).hostname === "[::]"
    : parsed.host === "0.0.0.0";
  if (everywhere) throw wrong(`is ${listen}, every interface at once, which no plugin can dial`);
}
