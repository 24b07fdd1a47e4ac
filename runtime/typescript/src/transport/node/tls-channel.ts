import { Buffer } from "node:buffer";
import { constants } from "node:crypto";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import type { Connection } from "../transport.js";
import { SocketConnection } from "./socket-connection.js";
import { codeOf } from "./system-error.js";

/** What both sides ask of TLS: 1.3, in which nothing can be renegotiated, and no session taken up again. */
export const tlsSettings: {
  readonly minVersion: "TLSv1.3";
  readonly maxVersion: "TLSv1.3";
  readonly ALPNProtocols: string[];
  readonly secureOptions: number;
} = {
  minVersion: "TLSv1.3",
  maxVersion: "TLSv1.3",
  ALPNProtocols: ["crucible/1"],
  // The tickets that are sent all the same name sessions that nobody keeps. Without a session there is no early data.
  secureOptions: constants.SSL_OP_NO_TICKET,
};

const bindingBytes = 32;
const bindingLabel = "EXPORTER-Channel-Binding";

/** What connections over TLS have in common. */
export interface ChannelOptions {
  readonly peer: string;
  readonly highWaterMarkBytes: number;
  readonly closeTimeoutMs: number;
  readonly clock: Clock;
}

/**
 * The connection over `secure`, whose handshake is done, on top of `raw`. Throws reason HANDSHAKE_FAILED when something
 * other than this protocol was agreed on.
 */
export function openChannel(secure: TLSSocket, raw: Socket, options: ChannelOptions): Connection {
  if (secure.getProtocol() !== "TLSv1.3") throw notTls13(options.peer);
  // OpenSSL itself refuses another protocol; it takes none for lawful.
  if (secure.alpnProtocol !== "crucible/1") throw otherProtocol(options.peer);
  const connection = new SocketConnection(secure, {
    ...options,
    // RFC 9266 section 2; the empty context is none in TLS 1.3 (RFC 8446 section 7.5).
    binding: new Uint8Array(secure.exportKeyingMaterial(bindingBytes, bindingLabel, Buffer.alloc(0))),
    protection: "tls",
    destroy() {
      // TLS reads ahead of who has not started, so that the system sees nothing left behind; the other side is to learn
      // it all the same.
      if (secure.readableLength > 0) raw.resetAndDestroy();
      secure.destroy();
    },
  });
  // A record that does not open, or an alert, is told as an error and ends nothing by itself.
  secure.on("error", () => secure.destroy());
  secure.pause();
  // Each is memory of its own, and a plain array here: the slice() of a Buffer shares its memory.
  secure.on("data", (chunk: Buffer) =>
    connection.received(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)),
  );
  return connection;
}

const noTls = new Set([
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_HTTPS_PROXY_REQUEST",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_RECORD_TOO_SMALL",
  "ERR_SSL_RECORD_LAYER_FAILURE",
  "ERR_SSL_UNEXPECTED_MESSAGE",
  "ERR_SSL_BAD_RECORD_TYPE",
]);
const oldTls = new Set([
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_NO_PROTOCOLS_AVAILABLE",
]);
const otherAlpn = new Set(["ERR_SSL_NO_APPLICATION_PROTOCOL", "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"]);

/** What an error that ended a TLS handshake means, said of `peer`. */
export function explainTls(error: unknown, peer: string): CrucibleError {
  const code = codeOf(error);
  if (noTls.has(code)) {
    return failed(peer, `speaks something other than TLS (${code}); look whether the port is another program's`, error);
  }
  if (oldTls.has(code)) return notTls13(peer, error);
  if (otherAlpn.has(code)) return otherProtocol(peer, error);
  if (code === "ECONNRESET" || code === "EPIPE") {
    return new CrucibleError(
      "PEER_LOST",
      `${peer} has gone in the middle of the TLS handshake (${code}); connect again`,
      {
        cause: error,
      },
    );
  }
  return failed(peer, `does not finish the TLS handshake (${code}); look whether the port is another program's`, error);
}

function notTls13(peer: string, cause?: unknown): CrucibleError {
  return failed(peer, "does not speak TLS 1.3, which is the least that is taken; upgrade it", cause);
}

function otherProtocol(peer: string, cause?: unknown): CrucibleError {
  return failed(peer, "does not speak crucible/1 over TLS (ALPN); look whether the port is another program's", cause);
}

function failed(peer: string, fact: string, cause: unknown): CrucibleError {
  return new CrucibleError("HANDSHAKE_FAILED", `${peer} ${fact}`, cause === undefined ? {} : { cause });
}

/** The handshake of TLS took too long. */
export function tlsTimeout(peer: string, timeoutMs: number): CrucibleError {
  return new CrucibleError("HANDSHAKE_TIMEOUT", `${peer} did not finish the TLS handshake in ${timeoutMs} ms`);
}
