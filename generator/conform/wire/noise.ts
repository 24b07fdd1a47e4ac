// The daemon's side of Noise_XX_25519_AESGCM_SHA256, with the names of PROTOCOL.md §12.1.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

const tagBytes = 16;

/** Seals and opens with one key, counting. */
export class Cipher {
  readonly #key: Buffer;
  #count = 0n;

  constructor(key: Buffer) {
    this.#key = key;
  }

  seal(aad: Buffer, plain: Buffer): Buffer {
    const cipher = createCipheriv("aes-256-gcm", this.#key, this.#nonce()).setAAD(aad);
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws Error when the tag is false. */
  open(aad: Buffer, sealed: Buffer): Buffer {
    if (sealed.length < tagBytes) throw new Error("BAD_SEAL: what is sealed has no tag");
    const end = sealed.length - tagBytes;
    const cipher = createDecipheriv("aes-256-gcm", this.#key, this.#nonce());
    cipher.setAAD(aad).setAuthTag(sealed.subarray(end));
    try {
      return Buffer.concat([cipher.update(sealed.subarray(0, end)), cipher.final()]);
    } catch {
      throw new Error("BAD_SEAL: the tag is false");
    }
  }

  #nonce(): Buffer {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(this.#count++, 4);
    return nonce;
  }
}

/** A new X25519 key, and its public half as 32 bytes. */
export function createKey(): { readonly key: KeyObject; readonly raw: Buffer; readonly secret: string } {
  const { privateKey } = generateKeyPairSync("x25519");
  const { x = "", d = "" } = privateKey.export({ format: "jwk" });
  return { key: privateKey, raw: Buffer.from(x, "base64url"), secret: d };
}

/** The public half of a private key that is given as 32 bytes in base64url. */
export function publicHalf(secret: string): Buffer {
  const prefix = Buffer.from("302e020100300506032b656e04220420", "hex");
  const key = createPrivateKey({
    key: Buffer.concat([prefix, Buffer.from(secret, "base64url")]),
    format: "der",
    type: "pkcs8",
  });
  return Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url");
}

/** The handshake as the responder. */
export class Responder {
  readonly #static = createKey();
  readonly #ephemeral = createKey();
  #h: Buffer = Buffer.from("Noise_XX_25519_AESGCM_SHA256\0\0\0\0");
  #ck: Buffer = this.#h;
  #k: Cipher | undefined;
  #peerEphemeral: Buffer = Buffer.alloc(0);

  constructor() {
    this.#mixHash(Buffer.from("crucible/1\0"));
  }

  /** The public static key of this daemon. */
  get staticKey(): Buffer {
    return this.#static.raw;
  }

  /** Takes message 1; its payload. */
  readFirst(message: Buffer): Buffer {
    if (message.length < 32 || message.length > 4_128) throw new Error(`message 1 has ${message.length} bytes`);
    this.#peerEphemeral = this.#mixHash(message.subarray(0, 32));
    return this.#mixHash(message.subarray(32));
  }

  /** Message 2 with that payload. */
  writeSecond(payload: Buffer): Buffer {
    const e = this.#mixHash(this.#ephemeral.raw);
    this.#mixKey(this.#ephemeral.key, this.#peerEphemeral);
    const s = this.#encrypt(this.#static.raw);
    this.#mixKey(this.#static.key, this.#peerEphemeral);
    return Buffer.concat([e, s, this.#encrypt(payload)]);
  }

  /** Takes message 3: the plugin's static key, and the payload. */
  readThird(message: Buffer): { readonly staticKey: Buffer; readonly payload: Buffer } {
    if (message.length < 64 || message.length > 8_320) throw new Error(`message 3 has ${message.length} bytes`);
    const staticKey = this.#decrypt(message.subarray(0, 48));
    this.#mixKey(this.#ephemeral.key, staticKey);
    return { staticKey, payload: this.#decrypt(message.subarray(48)) };
  }

  /** The keys of the frames: from the plugin, and to it. */
  split(): { readonly incoming: Cipher; readonly outgoing: Cipher } {
    const [k1, k2] = this.#hkdf(Buffer.alloc(0));
    return { incoming: new Cipher(k1), outgoing: new Cipher(k2) };
  }

  #mixHash(data: Buffer): Buffer {
    this.#h = createHash("sha256").update(this.#h).update(data).digest();
    return data;
  }

  #mixKey(privateKey: KeyObject, peer: Buffer): void {
    const publicKey = createPublicKey({
      key: { kty: "OKP", crv: "X25519", x: peer.toString("base64url") },
      format: "jwk",
    });
    const [ck, k] = this.#hkdf(diffieHellman({ privateKey, publicKey }));
    this.#ck = ck;
    this.#k = new Cipher(k);
  }

  #hkdf(input: Buffer): [Buffer, Buffer] {
    const bytes = Buffer.from(hkdfSync("sha256", input, this.#ck, "", 64));
    return [bytes.subarray(0, 32), bytes.subarray(32)];
  }

  #encrypt(plain: Buffer): Buffer {
    return this.#mixHash(this.#k?.seal(this.#h, plain) ?? plain);
  }

  #decrypt(sealed: Buffer): Buffer {
    const plain = this.#k?.open(this.#h, sealed) ?? sealed;
    this.#mixHash(sealed);
    return plain;
  }
}
