import { createHash } from "node:crypto";

/**
 * RFC 7638 thumbprint of an OKP public key (RFC 8037) as a JWK: SHA-256 of `{"crv":…,"kty":"OKP","x":…}`, in base64url.
 *
 * @param publicKey the raw 32 bytes.
 */
export function okpThumbprint(curve: "X25519" | "Ed25519", publicKey: Uint8Array): string {
  const x = Buffer.from(publicKey).toString("base64url");
  const canonical = JSON.stringify({ crv: curve, kty: "OKP", x });
  return createHash("sha256").update(canonical).digest("base64url");
}
