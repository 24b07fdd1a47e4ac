import { describe, expect, test } from "vitest";
import {
  type CipherSuite,
  generateStaticKey,
  nonceBytes,
  tagBytes,
} from "../../runtime/typescript/src/crypto/cipher-suite.js";
import { CrucibleError } from "../../runtime/typescript/src/error/index.js";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** RFC 7748, section 6.1. */
const rfc7748 = {
  alice: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  alicePublic: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
  bob: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
  bobPublic: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  shared: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
};

/** Points of low order, https://cr.yp.to/ecdh.html ("validate"); the last one is 1 with the ignored top bit set. */
const lowOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0100000000000000000000000000000000000000000000000000000000000080",
];

/** The AES-GCM submission to NIST, test case 16: key, nonce, associated data, plaintext, ciphertext, tag. */
const gcm = {
  key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
  nonce: "cafebabefacedbaddecaf888",
  ad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
  plaintext:
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
  ciphertext:
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
  tag: "76fc6ece0f4e1768cddf8853bb2d551b",
};

/** What every cipher suite has to do, against published vectors. */
export function describeCipherSuite(name: string, suite: CipherSuite): void {
  describe(`cipher suite ${name}`, () => {
    test("X25519", () => {
      const alice = suite.keyPair(bytes(rfc7748.alice));
      const bob = suite.keyPair(bytes(rfc7748.bob));
      expect(hex(alice.publicKey)).toBe(rfc7748.alicePublic);
      expect(hex(bob.publicKey)).toBe(rfc7748.bobPublic);
      expect(hex(alice.dh(bob.publicKey))).toBe(rfc7748.shared);
      expect(hex(bob.dh(alice.publicKey))).toBe(rfc7748.shared);
    });

    test.each(lowOrder)("X25519 refuses the point of low order %s", (point) => {
      const pair = suite.keyPair(bytes(rfc7748.alice));
      expect(() => pair.dh(bytes(point))).toThrow(expect.objectContaining({ reason: "HANDSHAKE_FAILED" }));
    });

    test.each([0, 31, 33])("X25519 refuses keys of %i bytes", (length) => {
      const pair = suite.keyPair(bytes(rfc7748.alice));
      expect(() => pair.dh(new Uint8Array(length).fill(9))).toThrow(CrucibleError);
      expect(() => suite.keyPair(new Uint8Array(length).fill(9))).toThrow(CrucibleError);
    });

    test("a generated static key is a new pair each time", () => {
      const one = generateStaticKey(suite);
      const two = generateStaticKey(suite);
      expect(hex(suite.keyPair(one.privateKey).publicKey)).toBe(hex(one.publicKey));
      expect(hex(one.privateKey)).not.toBe(hex(two.privateKey));
      expect(one.privateKey.length).toBe(32);
    });

    test("SHA-256 and HMAC, FIPS 180-4 and RFC 4231", () => {
      expect(hex(suite.hash(text("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
      expect(hex(suite.hmac(text("Jefe"), text("what do ya want for nothing?")))).toBe(
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      );
    });

    test("random bytes are as many as asked for, and differ", () => {
      expect(suite.random(32).length).toBe(32);
      expect(hex(suite.random(32))).not.toBe(hex(suite.random(32)));
    });

    test("AES-256-GCM in place, without touching what lies around", () => {
      const key = suite.aeadKey(bytes(gcm.key));
      const length = gcm.plaintext.length / 2;
      const arena = new Uint8Array(length + tagBytes + 20).fill(0xee);
      arena.set(bytes(gcm.plaintext), 10);
      key.seal(bytes(gcm.nonce), bytes(gcm.ad), arena, 10, 10 + length);
      expect(hex(arena)).toBe("ee".repeat(10) + gcm.ciphertext + gcm.tag + "ee".repeat(10));
      expect(key.open(bytes(gcm.nonce), bytes(gcm.ad), arena, 10, 10 + length + tagBytes)).toBe(true);
      expect(hex(arena.subarray(0, 10 + length))).toBe("ee".repeat(10) + gcm.plaintext);
      expect(hex(arena.subarray(10 + length))).toBe(gcm.tag + "ee".repeat(10));
    });

    test("AES-256-GCM of nothing has a tag", () => {
      const key = suite.aeadKey(new Uint8Array(32));
      const bytesOfTag = new Uint8Array(tagBytes);
      key.seal(new Uint8Array(nonceBytes), new Uint8Array(0), bytesOfTag, 0, 0);
      // Test case 13 of the same submission.
      expect(hex(bytesOfTag)).toBe("530f8afbc74536b9a963b4f1c4cb738b");
    });

    test("AES-256-GCM that does not fit leaves the bytes as they were", () => {
      const key = suite.aeadKey(bytes(gcm.key));
      const sealed = bytes(gcm.ciphertext + gcm.tag);
      sealed[3] = sealed[3]! ^ 1;
      const before = hex(sealed);
      expect(key.open(bytes(gcm.nonce), bytes(gcm.ad), sealed, 0, sealed.length)).toBe(false);
      expect(hex(sealed)).toBe(before);
    });
  });
}
