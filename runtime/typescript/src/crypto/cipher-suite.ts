/**
 * The cryptography that the protocol needs, as a seam: X25519, AES-256-GCM, SHA-256 with HMAC, and randomness. The
 * platform supplies it (`crypto/node/node-suite.ts`); nothing above this file knows which.
 */

/** Bytes of an X25519 key, public or private, and of a Diffie-Hellman result. */
export const keyBytes = 32;
/** Bytes of a SHA-256 hash. */
export const hashBytes = 32;
/** Bytes of an AES-GCM nonce. */
export const nonceBytes = 12;
/** Bytes of an AES-GCM tag. */
export const tagBytes = 16;

/** An X25519 key pair whose private half is already in the form that the platform computes with. */
export interface DhKeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * The 32 bytes shared with the owner of `peerPublicKey`.
   *
   * @throws CrucibleError HANDSHAKE_FAILED when the key is no 32 bytes, or of low order (the result would be all zeros).
   */
  dh(peerPublicKey: Uint8Array): Uint8Array;
}

/** An AES-256-GCM key in the form that the platform computes with. Nonces are the caller's business. */
export interface AeadKey {
  /** Seals `bytes[start, end)` in place and writes the 16-byte tag to `bytes[end, end + 16)`, which must be there. */
  seal(nonce: Uint8Array, ad: Uint8Array, bytes: Uint8Array, start: number, end: number): void;
  /**
   * Opens `bytes[start, end)`, whose last 16 bytes are the tag, in place. Returns false, with `bytes` unchanged, when
   * the tag does not fit.
   */
  open(nonce: Uint8Array, ad: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean;
}

/** What a platform supplies. Stateless: it may be used from anywhere. */
export interface CipherSuite {
  /** The key pair of a 32-byte private key; any 32 bytes are one. */
  keyPair(privateKey: Uint8Array): DhKeyPair;
  /** Prepares a 32-byte AES key. */
  aeadKey(key: Uint8Array): AeadKey;
  /** SHA-256. */
  hash(data: Uint8Array): Uint8Array;
  /** HMAC-SHA-256. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** `length` unpredictable bytes. */
  random(length: number): Uint8Array;
}

/** A static key as it lies in a launch ticket. */
export interface StaticKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, secret. */
  readonly privateKey: Uint8Array;
}

/** Makes a new X25519 static key, for a plugin that is about to be launched or for the daemon itself. */
export function generateStaticKey(suite: CipherSuite): StaticKey {
  const privateKey = suite.random(keyBytes);
  return { publicKey: suite.keyPair(privateKey).publicKey, privateKey };
}
