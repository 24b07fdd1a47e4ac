import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Server as TlsServer, TLSSocket } from "node:tls";
import type { Stop } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import { type TlsAddress, tlsAddress } from "../address.js";
import type { Connection, Listener } from "../transport.js";
import { codeOf } from "./system-error.js";
import { type ChannelOptions, explainTls, openChannel, tlsSettings, tlsTimeout } from "./tls-channel.js";
import type { ShownCertificate } from "./tls-options.js";

/** How many connections may be in the TLS handshake; shared by the listeners of a transport. */
export interface HandshakeBudget {
  /** How many more may begin one. */
  left: number;
  /** How many one listener may have. */
  readonly ofListener: number;
}

export interface TlsListenOptions extends Omit<ChannelOptions, "peer"> {
  /** As it was asked for. */
  readonly address: string;
  readonly target: TlsAddress;
  readonly identity: () => Promise<ShownCertificate>;
  /** Certificates of plugins are asked for, and judged by `verify`, which throws. Default: they are not. */
  readonly plugins?: {
    readonly authority: string;
    readonly verify: (certificate: Uint8Array | undefined) => void;
  };
  readonly handshakeTimeoutMs: number;
  readonly budget: HandshakeBudget;
  readonly onConnection: (connection: Connection) => void;
  readonly onRefused: (error: CrucibleError, peer: string) => void;
}

/** Listens at the first free port. Rejects with reason ADDRESS_IN_USE when none is, and ADDRESS_INVALID. */
export async function listenTls(options: TlsListenOptions): Promise<Listener> {
  const { address, target } = options;
  const { createServer: createTlsServer } = await import("node:tls");
  const server = createTcpServer({ allowHalfOpen: false, pauseOnConnect: true, noDelay: true });
  for (let port = target.port; port <= target.lastPort; port++) {
    const code = await bind(server, target.host, port);
    if (code === undefined) {
      // What OpenSSL says of a certificate is asked below, where a refusal can say what is wrong.
      const asked = options.plugins === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
      return new TlsListener(server, createTlsServer({ ...tlsSettings, ...asked, allowHalfOpen: false }), options);
    }
    if (code === "EADDRINUSE") continue;
    throw new CrucibleError("ADDRESS_INVALID", `cannot listen at ${address} (${code}); choose another address`);
  }
  const what = target.port === target.lastPort ? "is" : "has every port";
  throw new CrucibleError("ADDRESS_IN_USE", `${address} ${what} in use by another process; choose another address`);
}

/** Resolves with what went wrong, if anything. */
function bind(server: Server, host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const onError = (error: Error): void => {
      server.off("listening", onListening);
      resolve(codeOf(error));
    };
    const onListening = (): void => {
      server.off("error", onError);
      resolve(undefined);
    };
    server.once("error", onError);
    server.once("listening", onListening);
    server.listen({ host, port, exclusive: true });
  });
}

/** A connection whose handshake is under way. */
interface Pending {
  readonly raw: Socket;
  readonly peer: string;
  readonly stopTimer: Stop;
  /** Why it has ended, once that is known. */
  error: CrucibleError | undefined;
  /** The handshake is over, one way or the other. */
  settled: boolean;
}

/**
 * Takes connections in from a server of node:net and has a server of node:tls, which never listens itself, shake hands:
 * that one would take any number of them, and gives time to a handshake as long as bytes of it keep coming.
 */
class TlsListener implements Listener {
  readonly address: string;
  readonly #options: TlsListenOptions;
  readonly #tcp: Server;
  readonly #tls: TlsServer;
  /** By the port and address of the other end, which are what a socket of node:tls tells of the one below it. */
  readonly #pending: Map<string, Pending> = new Map();
  /** Handshakes under way; the map may have fewer, since ports are used again. */
  #shaking = 0;
  #shown: ShownCertificate | undefined;
  #accepted = 0;

  constructor(tcp: Server, tls: TlsServer, options: TlsListenOptions) {
    this.#tcp = tcp;
    this.#tls = tls;
    this.#options = options;
    const { port } = tcp.address() as { port: number };
    this.address = tlsAddress(options.target.host, port);
    tcp.on("connection", (raw) => void this.#accept(raw));
    // A connection that cannot be accepted, for want of descriptors, is lost; the process and the others are not.
    tcp.on("error", () => {});
    this.#tls.on("secureConnection", (secure) => this.#secured(secure));
    this.#tls.on("tlsClientError", (error, secure) => {
      const pending = this.#pending.get(keyOf(secure));
      if (pending !== undefined) pending.error ??= explainTls(error, pending.peer);
    });
  }

  // oxlint-disable-next-line require-await -- Reason: errors are rejections, as with every transport.
  async close(): Promise<void> {
    // Not awaited: the server reports its close only once the last accepted connection has gone.
    this.#tcp.close();
    for (const { raw } of this.#pending.values()) raw.destroy();
  }

  /** Never rejects. */
  async #accept(raw: Socket): Promise<void> {
    const { budget, clock, handshakeTimeoutMs, onRefused, identity } = this.#options;
    const key = keyOf(raw);
    const peer = `${this.address}#${++this.#accepted} from ${tlsAddress(raw.remoteAddress ?? "nobody", raw.remotePort ?? 0).slice(6)}`;
    raw.on("error", () => {});
    if (budget.left <= 0 || this.#shaking >= budget.ofListener) {
      raw.destroy();
      const text = `too many connections to ${this.address} are in the TLS handshake; try again later`;
      onRefused(new CrucibleError("TOO_MANY_CONNECTIONS", text), peer);
      return;
    }
    budget.left--;
    this.#shaking++;
    const pending: Pending = {
      raw,
      peer,
      stopTimer: clock.after(handshakeTimeoutMs, () => this.#cut(pending, tlsTimeout(peer, handshakeTimeoutMs))),
      error: undefined,
      settled: false,
    };
    this.#pending.set(key, pending);
    raw.once("close", () => {
      if (!this.#settle(key, pending)) return;
      onRefused(pending.error ?? explainTls({ code: "ECONNRESET" }, peer), peer);
    });
    try {
      this.#show(await identity());
      if (!raw.destroyed) this.#tls.emit("connection", raw);
    } catch (error) {
      this.#cut(pending, CrucibleError.from(error, "AUTHORITY_INVALID"));
    }
  }

  #show(shown: ShownCertificate): void {
    if (shown.certificate === this.#shown?.certificate) return;
    const { plugins } = this.#options;
    const asked = plugins === undefined ? {} : { ca: [plugins.authority] };
    this.#tls.setSecureContext({ ...tlsSettings, ...asked, cert: shown.certificate, key: shown.privateKey });
    this.#shown = shown;
  }

  #secured(secure: TLSSocket): void {
    const { onConnection, highWaterMarkBytes, closeTimeoutMs, clock } = this.#options;
    const key = keyOf(secure);
    const pending = this.#pending.get(key);
    if (pending === undefined) {
      secure.destroy();
      return;
    }
    let connection: Connection;
    try {
      this.#verifyPlugin(secure, pending.peer);
      connection = openChannel(secure, pending.raw, { peer: pending.peer, highWaterMarkBytes, closeTimeoutMs, clock });
    } catch (error) {
      this.#cut(pending, CrucibleError.from(error, "HANDSHAKE_FAILED"));
      return;
    }
    this.#settle(key, pending);
    onConnection(connection);
  }

  /** Throws IDENTITY_MISMATCH unless the other side has shown what was asked for. */
  #verifyPlugin(secure: TLSSocket, peer: string): void {
    const { plugins } = this.#options;
    if (plugins === undefined) return;
    plugins.verify(secure.getPeerX509Certificate()?.raw);
    if (secure.authorized) return;
    const code = codeOf(secure.authorizationError);
    throw new CrucibleError("IDENTITY_MISMATCH", `${peer} shows a certificate that TLS refuses (${code})`);
  }

  #cut(pending: Pending, error: CrucibleError): void {
    pending.error ??= error;
    pending.raw.destroy();
  }

  /** The handshake is over; false when it was already. */
  #settle(key: string, pending: Pending): boolean {
    if (pending.settled) return false;
    pending.settled = true;
    // A connection that was reset may have a successor from the same port before its end is told.
    if (this.#pending.get(key) === pending) this.#pending.delete(key);
    pending.stopTimer();
    this.#shaking--;
    this.#options.budget.left++;
    return true;
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remotePort} ${socket.remoteAddress}`;
}
