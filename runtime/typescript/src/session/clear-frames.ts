import { CrucibleError } from "../error/index.js";
import type { Connection } from "../transport/transport.js";

/** Bytes of the exporter that binds a handshake to its TLS connection (RFC 9266). */
const tlsBindingBytes = 32;

/**
 * Ends a connection that would carry frames in clear unlawfully, and throws SEAL_REQUIRED: they are lawful on a local socket whose
 * owner was verified, and inside TLS to which the handshake is bound. Elsewhere everything has to be sealed, which nobody
 * can agree on yet.
 */
export function requireClearLawful(connection: Connection): void {
  const { peer, protection, binding } = connection;
  if (protection === "local" || (protection === "tls" && binding.length === tlsBindingBytes)) return;
  const fact =
    protection === "tls"
      ? "is TLS to which the handshake would not be bound"
      : "is a channel whose owner nobody has verified and that nothing protects";
  connection.abort();
  throw new CrucibleError("SEAL_REQUIRED", `${peer} ${fact}, where everything must be sealed; use Unix sockets or TLS`);
}
