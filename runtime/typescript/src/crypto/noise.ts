/**
 * Noise_XX_25519_AESGCM_SHA256 as in "The Noise Protocol Framework", revision 34: the objects of section 5 under their
 * names there (CipherState has a file of its own), for the one pattern in use:
 *
 *   -> e
 *   <- e, ee, s, es
 *   -> s, se
 *
 * Beyond the paper: all-zero Diffie-Hellman results are refused (section 12.1 leaves it open), and so are our own
 * public keys coming back from the peer.
 */
import { CrucibleError } from "../error/index.js";
import { CipherState } from "./cipher-state.js";
import { type CipherSuite, type DhKeyPair, hashBytes, keyBytes, tagBytes } from "./cipher-suite.js";

/** A Noise message is never longer, section 3. */
export const maxNoiseMessageBytes = 65_535;

const protocolName = new TextEncoder().encode("Noise_XX_25519_AESGCM_SHA256");
const empty = new Uint8Array(0);

type Token = "e" | "s" | "ee" | "es" | "se";
const messagePatterns: readonly (readonly Token[])[] = [["e"], ["e", "ee", "s", "es"], ["s", "se"]];

/** Section 5.2: the chaining key and the running hash. */
class SymmetricState {
  readonly #suite: CipherSuite;
  readonly #cipher: CipherState;
  #ck: Uint8Array;
  /** GetHandshakeHash once the handshake is over. */
  h: Uint8Array;

  constructor(suite: CipherSuite) {
    this.#suite = suite;
    this.#cipher = new CipherState(suite);
    this.h = new Uint8Array(hashBytes);
    this.h.set(protocolName);
    this.#ck = this.h;
  }

  mixKey(inputKeyMaterial: Uint8Array): void {
    const [ck, key] = this.#hkdf(inputKeyMaterial);
    this.#ck = ck;
    this.#cipher.initializeKey(key);
  }

  mixHash(data: Uint8Array): void {
    this.h = this.#suite.hash(concat(this.h, data));
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher.encryptWithAd(this.h, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#cipher.decryptWithAd(this.h, ciphertext);
    this.mixHash(ciphertext);
    return plaintext;
  }

  split(): [CipherState, CipherState] {
    const [first, second] = this.#hkdf(empty);
    return [new CipherState(this.#suite, first), new CipherState(this.#suite, second)];
  }

  /** HKDF of section 4.3 with two outputs. */
  #hkdf(inputKeyMaterial: Uint8Array): [Uint8Array, Uint8Array] {
    const temporary = this.#suite.hmac(this.#ck, inputKeyMaterial);
    const first = this.#suite.hmac(temporary, Uint8Array.of(1));
    return [first, this.#suite.hmac(temporary, concat(first, Uint8Array.of(2)))];
  }
}

/** What a handshake starts from. */
export interface HandshakeOptions {
  readonly suite: CipherSuite;
  readonly initiator: boolean;
  /** Bytes that both sides must agree on. */
  readonly prologue: Uint8Array;
  readonly staticKey: DhKeyPair;
}

/**
 * Section 5.3 for XX. `writeMessage` and `readMessage` alternate, the initiator writing first; after the third message
 * comes `split`. Any error ends it: a state that has thrown throws ever after.
 */
export class HandshakeState {
  readonly #suite: CipherSuite;
  readonly #symmetric: SymmetricState;
  readonly #initiator: boolean;
  readonly #s: DhKeyPair;
  #e: DhKeyPair | undefined;
  #rs: Uint8Array | undefined;
  #re: Uint8Array | undefined;
  #message = 0;
  #failed = false;

  constructor(options: HandshakeOptions) {
    this.#suite = options.suite;
    this.#initiator = options.initiator;
    this.#s = options.staticKey;
    this.#symmetric = new SymmetricState(options.suite);
    this.#symmetric.mixHash(options.prologue);
  }

  /** The peer's static key, 32 bytes. @throws CrucibleError HANDSHAKE_FAILED before it has come. */
  get remoteStaticKey(): Uint8Array {
    return present(this.#rs);
  }

  /** Unique to this handshake, 32 bytes; both sides have the same. Final after the third message. */
  get handshakeHash(): Uint8Array {
    return this.#symmetric.h;
  }

  /** WriteMessage. @throws CrucibleError HANDSHAKE_FAILED when it is not our turn or the message would exceed 65,535 bytes. */
  writeMessage(payload: Uint8Array): Uint8Array {
    return this.#step(true, (tokens) => {
      const parts = tokens.map((token) => this.#writeToken(token));
      const message = concat(...parts, this.#symmetric.encryptAndHash(payload));
      if (message.length > maxNoiseMessageBytes) throw failed(`a message of ${message.length} bytes is too long`);
      return message;
    });
  }

  /**
   * ReadMessage: returns the payload.
   *
   * @throws CrucibleError HANDSHAKE_FAILED when it is not the peer's turn or the message is false, REFLECTION when it
   * carries one of our own keys.
   */
  readMessage(message: Uint8Array): Uint8Array {
    return this.#step(false, (tokens) => {
      if (message.length > maxNoiseMessageBytes) throw failed(`a message of ${message.length} bytes is too long`);
      let rest = message;
      for (const token of tokens) rest = rest.subarray(this.#readToken(token, rest));
      return this.#decrypt(rest);
    });
  }

  /** Split: the cipher for what the initiator sends, then the one for what the responder sends. */
  split(): [CipherState, CipherState] {
    if (this.#failed || this.#message !== messagePatterns.length) throw failed("Split before the third message");
    return this.#symmetric.split();
  }

  #step<R>(writing: boolean, action: (tokens: readonly Token[]) => R): R {
    const tokens = messagePatterns[this.#message];
    const ours = (this.#message % 2 === 0) === this.#initiator;
    if (this.#failed || tokens === undefined || ours !== writing) throw failed("a message out of turn");
    this.#failed = true;
    const result = action(tokens);
    this.#failed = false;
    this.#message += 1;
    return result;
  }

  #writeToken(token: Token): Uint8Array {
    if (token === "s") return this.#symmetric.encryptAndHash(this.#s.publicKey);
    if (token !== "e") return this.#mixDh(token);
    this.#e = this.#suite.keyPair(this.#suite.random(keyBytes));
    this.#symmetric.mixHash(this.#e.publicKey);
    return this.#e.publicKey;
  }

  /** Returns how many bytes of `message` the token took. */
  #readToken(token: Token, message: Uint8Array): number {
    if (token !== "e" && token !== "s") return this.#mixDh(token).length;
    const length = token === "e" ? keyBytes : keyBytes + tagBytes;
    if (message.length < length) throw failed("a message is cut short");
    if (token === "s") {
      this.#rs = this.#peerKey(this.#decrypt(message.subarray(0, length)));
    } else {
      this.#re = this.#peerKey(new Uint8Array(message.subarray(0, length)));
      this.#symmetric.mixHash(this.#re);
    }
    return length;
  }

  #mixDh(token: "ee" | "es" | "se"): Uint8Array {
    // In "es" and "se" the first letter is the initiator's key.
    const ours = token[this.#initiator ? 0 : 1] === "e" ? present(this.#e) : this.#s;
    const theirs = token[this.#initiator ? 1 : 0] === "e" ? present(this.#re) : present(this.#rs);
    this.#symmetric.mixKey(ours.dh(theirs));
    return empty;
  }

  #peerKey(key: Uint8Array): Uint8Array {
    if (equal(key, this.#s.publicKey) || (this.#e !== undefined && equal(key, this.#e.publicKey))) {
      const text = "the peer sent our own key back: end the connection, something on the way reflects our messages";
      throw new CrucibleError("REFLECTION", text);
    }
    return key;
  }

  #decrypt(ciphertext: Uint8Array): Uint8Array {
    try {
      return this.#symmetric.decryptAndHash(ciphertext);
    } catch (cause) {
      throw failed(`message ${this.#message + 1} does not decrypt`, cause);
    }
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw failed("a key is used before it has come");
  return value;
}

function failed(fact: string, cause?: unknown): CrucibleError {
  const text = `Noise handshake: ${fact}: dial again; if it stays, the two sides differ in protocol, transport or ticket`;
  return new CrucibleError("HANDSHAKE_FAILED", text, { cause });
}

/** Of public keys: need not be constant in time. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
