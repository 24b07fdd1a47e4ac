import { connect, type Socket } from "node:net";
import type { SecureContext, SecureContextOptions, TLSSocket } from "node:tls";
import { type Clock, systemClock } from "../../clock/clock.js";
import { createLeafVerifier } from "../../crypto/node/verify-daemon.js";
import { createPluginVerifier } from "../../crypto/node/verify-plugin.js";
import { CrucibleError } from "../../error/index.js";
import { parseAddress, type TlsAddress } from "../address.js";
import {
  type Connection,
  defaultCloseTimeoutMs,
  defaultDialTimeoutMs,
  defaultHighWaterMarkBytes,
  type Transport,
} from "../transport.js";
import { codeOf } from "./system-error.js";
import { type ChannelOptions, explainTls, openChannel, tlsSettings, tlsTimeout } from "./tls-channel.js";
import { type HandshakeBudget, listenTls } from "./tls-listener.js";
import type { ExpectedDaemon, ShownCertificate, TlsOptions } from "./tls-options.js";

const defaultHandshakeTimeoutMs = 5_000;
const defaultMaxHandshakes = 256;

/**
 * A transport over TCP with TLS 1.3, for addresses `tls://host:port`. Who dials verifies the daemon by its authority and its
 * id; the binding of both ends is the exporter of their TLS connection.
 */
export function createTlsTransport(options: TlsOptions): Transport {
  const defaults: Omit<ChannelOptions, "peer"> = {
    highWaterMarkBytes: options.highWaterMarkBytes ?? defaultHighWaterMarkBytes,
    closeTimeoutMs: options.closeTimeoutMs ?? defaultCloseTimeoutMs,
    clock: options.clock ?? systemClock,
  };
  const handshakeTimeoutMs = options.handshakeTimeoutMs ?? defaultHandshakeTimeoutMs;
  const maxHandshakes = options.maxHandshakes ?? defaultMaxHandshakes;
  const budget: HandshakeBudget = { left: maxHandshakes, ofListener: Math.ceil(maxHandshakes / 4) };
  return {
    async dial(address, { timeoutMs = defaultDialTimeoutMs } = {}) {
      const target = parseTls(address);
      if (target.port === 0 || target.port !== target.lastPort) {
        throw new CrucibleError("ADDRESS_INVALID", `address ${address} names no single port; dial tls://host:port`);
      }
      if (options.daemon === undefined) {
        throw new CrucibleError(
          "OPTION_INVALID",
          `cannot dial ${address} without knowing which daemon to expect there`,
        );
      }
      const channel = { ...defaults, peer: address };
      const sides = { daemon: options.daemon, own: options.own };
      return dial(target, sides, channel, timeoutMs, handshakeTimeoutMs);
    },
    async listen(address, onConnection, { pluginId, onRefused = () => {} } = {}) {
      const { identity, pluginAuthority } = options;
      if (identity === undefined) {
        throw new CrucibleError("OPTION_INVALID", `cannot listen at ${address} without a certificate to show`);
      }
      const target = parseTls(address);
      const common = { ...defaults, address, target, identity, handshakeTimeoutMs, budget, onConnection, onRefused };
      if (pluginAuthority === undefined) return listenTls(common);
      if (pluginId === undefined) {
        throw new CrucibleError("OPTION_INVALID", `cannot listen at ${address} without knowing for which plugin`);
      }
      const verify = createPluginVerifier({ authority: pluginAuthority, clock: defaults.clock });
      return listenTls({
        ...common,
        plugins: { authority: pluginAuthority, verify: (certificate) => verify(certificate, pluginId) },
      });
    },
  };
}

function parseTls(address: string): TlsAddress {
  const parsed = parseAddress(address);
  if (parsed.kind === "tls") return parsed;
  throw new CrucibleError("ADDRESS_INVALID", `address ${address} is not for TLS; write tls://host:port`);
}

/** Attempts at a daemon that ends connections in the TLS handshake, as one does that has too many in it. */
const maxAttempts = 6;
const firstRetryMs = 50;

/** Whom one who dials expects, and what it shows. */
interface Sides {
  readonly daemon: ExpectedDaemon;
  readonly own: ShownCertificate | undefined;
}

async function dial(
  target: TlsAddress,
  sides: Sides,
  channel: ChannelOptions,
  timeoutMs: number,
  handshakeTimeoutMs: number,
): Promise<Connection> {
  const { clock } = channel;
  const until = clock.monotonicMs() + timeoutMs;
  for (let attempt = 1, delayMs = firstRetryMs; ; attempt++, delayMs *= 2) {
    const leftMs = Math.max(1, Math.ceil(until - clock.monotonicMs()));
    try {
      return await connectOnce(target, sides, channel, leftMs, Math.min(leftMs, handshakeTimeoutMs));
    } catch (error) {
      const { reason } = CrucibleError.from(error, "CONNECT_FAILED");
      if (reason !== "PEER_LOST") throw error;
      if (attempt === maxAttempts || until - clock.monotonicMs() < delayMs) {
        const text = `cannot connect to ${channel.peer}: ${(error as Error).message}`;
        throw new CrucibleError("CONNECT_FAILED", text, { cause: error });
      }
    }
    await new Promise<void>((resolve) => setTimeout(resolve, delayMs));
  }
}

async function connectOnce(
  { host, port }: TlsAddress,
  { daemon, own }: Sides,
  channel: ChannelOptions,
  timeoutMs: number,
  handshakeTimeoutMs: number,
): Promise<Connection> {
  const { clock, peer } = channel;
  // Before anything is sent: a ticket that cannot be used says so.
  const verifyLeaf = createLeafVerifier({ ca: daemon.authority, daemonId: daemon.daemonId, clock });
  const { connect: connectTls, createSecureContext } = await import("node:tls");
  const secureContext = contextOf(createSecureContext, daemon, own);
  const raw = await connectTcp(host, port, channel, timeoutMs);
  // The socket above it tells what goes wrong.
  raw.on("error", () => {});
  const secure = connectTls({
    ...tlsSettings,
    secureContext,
    socket: raw,
    // Both judged below, where a refusal can say what is wrong: OpenSSL's verdict, and the one on the daemon's name.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  try {
    await secured(secure, peer, clock, handshakeTimeoutMs);
    const certificate = secure.getPeerX509Certificate();
    verifyLeaf(certificate === undefined ? [] : [certificate.raw]);
    if (!secure.authorized) {
      const text = `daemon identity: ${peer} shows a certificate that TLS refuses (${codeOf(secure.authorizationError)})`;
      throw new CrucibleError("DAEMON_IDENTITY", `${text}; let the right daemon launch the plugin again`);
    }
    return openChannel(secure, raw, channel);
  } catch (error) {
    secure.destroy();
    throw error;
  }
}

/** What one who dials trusts and shows. Throws reason TICKET_INVALID when it cannot be used. */
function contextOf(
  createSecureContext: (options: SecureContextOptions) => SecureContext,
  { authority }: ExpectedDaemon,
  own: ShownCertificate | undefined,
): SecureContext {
  const shown = own === undefined ? {} : { cert: own.certificate, key: own.privateKey };
  try {
    return createSecureContext({ ...tlsSettings, ca: [authority], ...shown });
  } catch (error) {
    const text = `the ticket's certificate and its key cannot be used (${codeOf(error)}); let the daemon launch this plugin again`;
    throw new CrucibleError("TICKET_INVALID", text, { cause: error });
  }
}

function connectTcp(host: string, port: number, { peer, clock }: ChannelOptions, timeoutMs: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: false });
  return new Promise((resolve, reject) => {
    const stopTimer = clock.after(timeoutMs, () => socket.destroy(new Error("timeout")));
    const fail = (error: Error): void => {
      stopTimer();
      const code = codeOf(error);
      const text = explanations[code] ?? "look whether the other side runs";
      const time = code === "timeout" ? ` within ${timeoutMs} ms` : "";
      reject(
        new CrucibleError("CONNECT_FAILED", `cannot connect to ${peer}${time} (${code}): ${text}`, { cause: error }),
      );
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      stopTimer();
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

const explanations: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there; start the other side",
  ENOTFOUND: "no such host; correct the address",
  timeout: "no answer came; look whether the other side hangs",
};

/** Waits for the end of the handshake. */
function secured(secure: TLSSocket, peer: string, clock: Clock, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopTimer = clock.after(timeoutMs, () => done(tlsTimeout(peer, timeoutMs)));
    const onError = (error: Error): void => done(explainTls(error, peer));
    const done = (error?: CrucibleError): void => {
      stopTimer();
      if (error === undefined) {
        secure.off("error", onError);
        resolve();
      } else {
        // What destroying it brings to light says nothing more.
        reject(error);
      }
    };
    secure.on("error", onError);
    secure.once("close", () => onError(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    secure.once("secureConnect", () => done());
  });
}
