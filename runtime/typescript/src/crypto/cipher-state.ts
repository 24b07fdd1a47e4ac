import { CrucibleError } from "../error/index.js";
import { type AeadKey, type CipherSuite, keyBytes, nonceBytes, tagBytes } from "./cipher-suite.js";

const empty = new Uint8Array(0);
// One for all states: whatever is computed with a nonce is computed at once.
const nonce = new Uint8Array(nonceBytes);
const nonceView = new DataView(nonce.buffer);

/** The CipherState of "The Noise Protocol Framework", section 5.1: a key and a counter. */
export class CipherState {
  readonly #suite: CipherSuite;
  #key: AeadKey | undefined;
  #n = 0;

  constructor(suite: CipherSuite, key?: Uint8Array) {
    this.#suite = suite;
    if (key !== undefined) this.initializeKey(key);
  }

  initializeKey(key: Uint8Array): void {
    this.#key = this.#suite.aeadKey(key);
    this.#n = 0;
  }

  /** EncryptWithAd: returns the ciphertext with its tag, or a copy of `plaintext` while there is no key. */
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    if (this.#key === undefined) return new Uint8Array(plaintext);
    const bytes = new Uint8Array(plaintext.length + tagBytes);
    bytes.set(plaintext);
    this.seal(ad, bytes, 0, plaintext.length);
    return bytes;
  }

  /** DecryptWithAd. @throws CrucibleError BAD_SEAL. */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    // Not slice(): that of a Buffer is no copy, and the ciphertext is hashed afterwards.
    const bytes = new Uint8Array(ciphertext);
    if (this.#key === undefined) return bytes;
    return bytes.subarray(0, this.open(ad, bytes, 0, bytes.length));
  }

  /** EncryptWithAd in place on `bytes[start, end)`, the tag behind it. Returns the end of the tag. Needs a key. */
  seal(ad: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    this.#requireKey().seal(this.#nextNonce(), ad, bytes, start, end);
    this.#n += 1;
    return end + tagBytes;
  }

  /**
   * DecryptWithAd in place on `bytes[start, end)`, tag included. Returns the end of the plaintext. Needs a key.
   *
   * @throws CrucibleError BAD_SEAL; `bytes` and the counter are then as before.
   */
  open(ad: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    const key = this.#requireKey();
    if (end - start < tagBytes || !key.open(this.#nextNonce(), ad, bytes, start, end)) {
      const text = "sealed bytes were changed, lost or reordered on the way: the connection has to end, dial again";
      throw new CrucibleError("BAD_SEAL", text);
    }
    this.#n += 1;
    return end - tagBytes;
  }

  /** Rekey, section 4.2: the first 32 bytes of zeros encrypted under the nonce 2^64-1. The counter goes on. */
  rekey(): void {
    const bytes = new Uint8Array(keyBytes + tagBytes);
    this.#requireKey().seal(nonceOf(0xffff_ffff, 0xffff_ffff), empty, bytes, 0, keyBytes);
    this.#key = this.#suite.aeadKey(bytes.subarray(0, keyBytes));
    bytes.fill(0);
  }

  #nextNonce(): Uint8Array {
    if (this.#n >= Number.MAX_SAFE_INTEGER) {
      throw new CrucibleError("IDS_EXHAUSTED", "the nonces of this connection are used up: dial again");
    }
    return nonceOf(Math.floor(this.#n / 0x1_0000_0000), this.#n >>> 0);
  }

  #requireKey(): AeadKey {
    if (this.#key === undefined) throw new CrucibleError("HANDSHAKE_FAILED", "no key yet: finish the handshake first");
    return this.#key;
  }
}

function nonceOf(high: number, low: number): Uint8Array {
  nonceView.setUint32(4, high);
  nonceView.setUint32(8, low);
  return nonce;
}
