import { KeyObject, sign } from "node:crypto";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../runtime/typescript/src/clock/clock.js";
import {
  clientAuth,
  type DaemonCredentials,
  daemonUri,
  keyStatement,
  pluginUri,
  serverAuth,
} from "../../../runtime/typescript/src/crypto/identity.js";
import { createDaemonVerifier } from "../../../runtime/typescript/src/crypto/node/verify-daemon.js";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { type Certified, certify, certifyAuthority, certifyDaemon, type Difference, x509 } from "./certificates.js";

const nowMs = Date.UTC(2026, 0, 15);
const hourMs = 3_600_000;
const clock = { ...systemClock, unixMs: () => nowMs };
const daemonId = "knowledge-abcdefghijklmnop";
const staticKey = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

let authority: Certified;
beforeAll(async () => {
  authority = await certifyAuthority(nowMs);
});

interface Changes {
  readonly daemonId?: string;
  readonly notAfter?: bigint;
  readonly staticKey?: Uint8Array;
  readonly chain?: readonly Uint8Array[];
}

/** What a daemon with this leaf would show. */
function show(leaf: Certified, changes: Changes = {}): DaemonCredentials {
  const notAfter = changes.notAfter ?? BigInt((nowMs + hourMs) / 1000);
  const key = KeyObject.from(leaf.keys.privateKey);
  const algorithm = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  const statement = keyStatement(changes.daemonId ?? daemonId, notAfter, changes.staticKey ?? staticKey);
  return { certificateChain: changes.chain ?? [leaf.der], notAfter, keySignature: sign(algorithm, statement, key) };
}

/** What the plugin makes of it: "accepted", or the message of the DAEMON_IDENTITY error. */
function judge(credentials: DaemonCredentials, ca: Uint8Array = authority.der, atMs: number = nowMs): string {
  const verify = createDaemonVerifier({ ca, daemonId, clock: { ...clock, unixMs: () => atMs } });
  try {
    verify(credentials, staticKey);
    return "accepted";
  } catch (error) {
    expect(error).toBeInstanceOf(CrucibleError);
    expect((error as CrucibleError).reason).toBe("DAEMON_IDENTITY");
    expect((error as CrucibleError).message).not.toContain("\n");
    return (error as CrucibleError).message;
  }
}

const daemon = (difference?: Difference): Promise<Certified> => certifyDaemon(nowMs, authority, daemonId, difference);
const url = (value: string): x509.JsonGeneralName => ({ type: "url", value });

describe("a good daemon", () => {
  test("is accepted, alone or with its authority's certificate, by a CA in DER or PEM", async () => {
    const leaf = await daemon();
    expect(judge(show(leaf))).toBe("accepted");
    expect(judge(show(leaf, { chain: [leaf.der, authority.der] }))).toBe("accepted");
    const pem = new x509.X509Certificate(authority.der).toString("pem");
    createDaemonVerifier({ ca: pem, daemonId, clock })(show(leaf), staticKey);
  });

  test("may leave basic constraints out", async () => {
    expect(judge(show(await daemon({ basicConstraints: false })))).toBe("accepted");
  });

  test("may have an Ed25519 certificate", async () => {
    expect(judge(show(await daemon({ algorithm: { name: "Ed25519" } })))).toBe("accepted");
  });
});

describe("a false certificate is refused", () => {
  test.each<[string, Difference, RegExp]>([
    ["not valid yet", { notBeforeMs: nowMs + 1000 }, /valid only from/],
    ["expired", { notBeforeMs: nowMs - 10 * hourMs, notAfterMs: nowMs - 1000 }, /has expired on/],
    [
      "an authority's",
      { ca: true, keyUsage: x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature },
      /authority's/,
    ],
    ["CA:TRUE without the right to sign", { ca: true }, /authority's/],
    ["without extended key usage", { usages: [] }, /serverAuth/],
    ["a client's", { usages: [clientAuth] }, /serverAuth/],
    ["a server's and a client's", { usages: [serverAuth, clientAuth] }, /serverAuth/],
    ["for any usage", { usages: ["2.5.29.37.0"] }, /serverAuth/],
    ["without a name", { names: [] }, /only name/],
    ["another daemon's", { names: [url(daemonUri("knowledge-aaaaaaaaaaaaaaaa"))] }, /only name/],
    ["a plugin's", { usages: [clientAuth], names: [url(pluginUri("search"))] }, /serverAuth/],
    ["a plugin's with serverAuth", { names: [url(pluginUri("search"))] }, /only name/],
    ["of two names, ours first", { names: [url(daemonUri(daemonId)), url(daemonUri("other"))] }, /only name/],
    [
      "of two names, ours last",
      { names: [{ type: "dns", value: "localhost" }, url(daemonUri(daemonId))] },
      /only name/,
    ],
    ["our name in upper case", { names: [url(daemonUri(daemonId).toUpperCase())] }, /only name/],
    ["our name with a slash", { names: [url(`${daemonUri(daemonId)}/`)] }, /only name/],
    ["our name followed by a zero byte", { names: [url(`${daemonUri(daemonId)}\0.evil`)] }, /only name/],
    ["our name as a DNS name", { names: [{ type: "dns", value: daemonUri(daemonId) }] }, /only name/],
    [
      "a DNS name that imitates ours",
      { names: [{ type: "dns", value: `x, URI:${daemonUri(daemonId)}` }] },
      /only name/,
    ],
    ["a URI that imitates two names", { names: [url(`x, URI:${daemonUri(daemonId)}`)] }, /only name/],
    ["with a P-384 key", { algorithm: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" } }, /neither P-256 nor/],
  ])("%s", async (_, difference, expected) => {
    expect(judge(show(await daemon(difference)))).toMatch(expected);
  });

  test("of an unknown authority, even one of the same name", async () => {
    const other = await certifyAuthority(nowMs);
    expect(judge(show(await certifyDaemon(nowMs, other, daemonId)))).toMatch(/not issued by/);
    const renamed = await certifyAuthority(nowMs, { name: "CN=other" });
    expect(judge(show(await certifyDaemon(nowMs, renamed, daemonId)))).toMatch(/not issued by/);
  });

  test("signed by itself, or by a leaf of the authority", async () => {
    const names = [url(daemonUri(daemonId))];
    expect(judge(show(await certify(nowMs, undefined, { usages: [serverAuth], names })))).toMatch(/not issued by/);
    const between = await daemon();
    const below = await certifyDaemon(nowMs, between, daemonId);
    expect(judge(show(below))).toMatch(/not issued by/);
    expect(judge(show(below, { chain: [below.der, between.der] }))).toMatch(/does not end/);
    expect(judge(show(below, { chain: [below.der, between.der, authority.der] }))).toMatch(/3 certificates/);
  });

  test("below an authority that has expired or is not valid yet", async () => {
    const leaf = await daemon({ notBeforeMs: nowMs - 100 * 24 * hourMs, notAfterMs: nowMs + 100 * 24 * hourMs });
    const later = nowMs + 50 * 24 * hourMs;
    expect(judge(show(leaf, { notAfter: BigInt(later / 1000) }), authority.der, later)).toMatch(
      /authority's certificate has expired/,
    );
    expect(judge(show(leaf), authority.der, nowMs - 50 * 24 * hourMs)).toMatch(/authority's certificate is valid only/);
  });

  test("that is none: no chain, no DER, PEM, bytes behind", async () => {
    const leaf = await daemon();
    expect(judge(show(leaf, { chain: [] }))).toMatch(/0 certificates/);
    expect(judge(show(leaf, { chain: [new Uint8Array(0)] }))).toMatch(/not valid DER/);
    const pem = new TextEncoder().encode(new x509.X509Certificate(leaf.der).toString("pem"));
    expect(judge(show(leaf, { chain: [pem] }))).toMatch(/not valid DER/);
    expect(judge(show(leaf, { chain: [Buffer.concat([leaf.der, Buffer.of(0)])] }))).toMatch(/not valid DER/);
  });
});

describe("a false signature over the Noise key is refused", () => {
  test("for another key, another daemon, or past its end", async () => {
    const leaf = await daemon();
    expect(judge(show(leaf, { staticKey: new Uint8Array(32) }))).toMatch(/has not signed/);
    expect(judge(show(leaf, { daemonId: "other" }))).toMatch(/has not signed/);
    expect(judge(show(leaf, { notAfter: BigInt(nowMs / 1000) - 1n }))).toMatch(/has expired/);
    expect(judge(show(leaf, { notAfter: 2n ** 64n - 1n }))).toMatch(/outlive/);
    expect(judge({ ...show(leaf), notAfter: BigInt((nowMs + hourMs) / 1000) + 1n })).toMatch(/has not signed/);
    expect(judge({ ...show(leaf), keySignature: new Uint8Array(0) })).toMatch(/has not signed/);
    expect(judge({ ...show(leaf), keySignature: show(await daemon()).keySignature })).toMatch(/has not signed/);
  });
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const bad = bytes.slice();
  bad[bit >> 3] = bad[bit >> 3]! ^ (1 << (bit & 7));
  return bad;
}

test("a bit flipped anywhere in certificate or signature is never accepted", async () => {
  const leaf = await daemon();
  const good = show(leaf);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: leaf.der.length * 8 - 1 }), (bit) => {
      expect(judge({ ...good, certificateChain: [flip(leaf.der, bit)] })).not.toBe("accepted");
    }),
    { numRuns: 500 },
  );
  for (let bit = 0; bit < good.keySignature.length * 8; bit += 1) {
    expect(judge({ ...good, keySignature: flip(good.keySignature, bit) })).not.toBe("accepted");
  }
});

test("a ticket whose authority or daemon id is no such thing is refused at once", async () => {
  const leaf = await daemon();
  const invalid = expect.objectContaining({ reason: "TICKET_INVALID" });
  expect(() => createDaemonVerifier({ ca: "no certificate", daemonId })).toThrow(invalid);
  expect(() => createDaemonVerifier({ ca: leaf.der, daemonId })).toThrow(invalid);
  for (const bad of ["", "Knowledge", "-a", "a".repeat(64), "a/b", "a\n"]) {
    expect(() => createDaemonVerifier({ ca: authority.der, daemonId: bad })).toThrow(invalid);
  }
});

test("the signed bytes are label, 0, id, 0, time, key", () => {
  const hex = Buffer.from(keyStatement("d", 0x0102_0304_0506_0708n, new Uint8Array(32).fill(9))).toString("hex");
  expect(hex).toBe(
    `${Buffer.from("crucible/1 daemon noise key\0d\0").toString("hex")}0102030405060708${"09".repeat(32)}`,
  );
});
