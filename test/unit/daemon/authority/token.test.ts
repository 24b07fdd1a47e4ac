import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import * as fc from "fast-check";
import * as jose from "jose";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../../runtime/typescript/src/clock/clock.js";
import { generateStaticKey } from "../../../../runtime/typescript/src/crypto/cipher-suite.js";
import { nodeSuite } from "../../../../runtime/typescript/src/crypto/node/node-suite.js";
import { createBootId, TokenIssuer } from "../../../../runtime/typescript/src/daemon/token.js";
import { TokenLedger } from "../../../../runtime/typescript/src/daemon/token-ledger.js";
import { okpThumbprint } from "../../../../runtime/typescript/src/daemon/token-thumbprint.js";
import { ownTrustedKey, TokenVerifier } from "../../../../runtime/typescript/src/daemon/token-verifier.js";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";

const nowMs = Date.UTC(2026, 0, 15);
const nowSeconds = nowMs / 1000;
const daemonId = "knowledge-abcdefghijklmnop";
const bootId = "boot-1";
const pluginId = "search";
const plugin = generateStaticKey(nodeSuite);
const bearer = { staticKey: plugin.publicKey, pluginId };
const thumbprint = okpThumbprint("X25519", plugin.publicKey);

const newKey = (kid: string) => ({ kid, ...generateKeyPairSync("ed25519") });
const daemonKey = newKey("daemon");
const partnerKey = newKey("partner");
const strangerKey = newKey("stranger");

function verifierAt(ms: number, ledger = new TokenLedger()): TokenVerifier {
  const keys = [
    ownTrustedKey(daemonId, daemonKey),
    { kid: "partner", publicKey: partnerKey.publicKey, issuer: "partner.example", kinds: ["plugin"] as const },
  ];
  return new TokenVerifier({ daemonId, bootId, keys, ledger, clock: { ...systemClock, unixMs: () => ms } });
}

const issuer = new TokenIssuer({ daemonId, bootId, key: daemonKey, clock: { ...systemClock, unixMs: () => nowMs } });
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const goodHeader = { alg: "EdDSA", typ: "crucible-launch+jwt", kid: "daemon" };
const goodClaims = {
  iss: daemonId,
  sub: pluginId,
  aud: `${daemonId}/${bootId}`,
  iat: nowSeconds,
  exp: nowSeconds + 60,
  jti: "one",
  cnf: { jkt: thumbprint },
};

/** A token made by hand, with whatever we like in it. A value of undefined leaves the member out. */
function forge(header: object = {}, claims: object = {}, key: KeyObject = daemonKey.privateKey): string {
  const signed = `${encode({ ...goodHeader, ...header })}.${encode({ ...goodClaims, ...claims })}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
}

/** "accepted", or reason and message of the CrucibleError. */
async function judge(token: string, ms: number = nowMs, who: typeof bearer = bearer): Promise<string> {
  try {
    await verifierAt(ms).verify(token, who);
    return "accepted";
  } catch (error) {
    if (!(error instanceof CrucibleError)) throw error;
    expect(error.message).not.toContain("\n");
    return `${error.reason}: ${error.message}`;
  }
}

describe("a good token", () => {
  test("is accepted and says who the plugin is", async () => {
    const token = await issuer.issue({ pluginId, staticKey: plugin.publicKey });
    const verified = await verifierAt(nowMs).verify(token, bearer);
    expect(verified).toEqual({
      pluginId,
      kind: "launch",
      issuer: daemonId,
      jti: expect.stringMatching(/^daemon [\w-]{22}$/) as string,
      expiresAtMs: nowMs + 60_000,
    });
  });

  test("may be made by hand; so the forged ones below fail for their difference alone", async () => {
    expect(await judge(forge())).toBe("accepted");
  });

  test("of the other kind lives for a day, in any run of the daemon", async () => {
    const token = await issuer.issue({ pluginId, staticKey: plugin.publicKey, kind: "plugin" });
    expect(await judge(token, nowMs + 86_000_000)).toBe("accepted");
    const header = { kid: "partner", typ: "crucible-plugin+jwt" };
    const claims = { iss: "partner.example", aud: daemonId, exp: nowSeconds + 86_400 };
    expect(await judge(forge(header, claims, partnerKey.privateKey))).toBe("accepted");
  });

  test("is accepted by a clock that differs by less than 30 s", async () => {
    expect(await judge(forge(), nowMs - 30_000)).toBe("accepted");
    expect(await judge(forge(), nowMs + 60_000 + 29_999)).toBe("accepted");
  });

  test("of any plugin is accepted where none is expected in particular", async () => {
    const verified = await verifierAt(nowMs).verify(forge({}, { sub: "tasks" }), { staticKey: plugin.publicKey });
    expect(verified.pluginId).toBe("tasks");
  });

  test("carries the thumbprint that jose computes", async () => {
    const x = Buffer.from(plugin.publicKey).toString("base64url");
    expect(thumbprint).toBe(await jose.calculateJwkThumbprint({ kty: "OKP", crv: "X25519", x }, "sha256"));
  });
});

const hmacWithPublicKey = (): string => {
  const secret = daemonKey.publicKey.export({ format: "pem", type: "spki" });
  const signed = `${encode({ ...goodHeader, alg: "HS256" })}.${encode(goodClaims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
};
const unsigned = (alg: string): string => `${encode({ ...goodHeader, alg })}.${encode(goodClaims)}.`;

describe("a bad token is refused", () => {
  const ecKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const jwk = strangerKey.publicKey.export({ format: "jwk" });

  test.each<[string, () => string, RegExp]>([
    ["empty", () => "", /^TOKEN_INVALID: .*none was presented/],
    ["no JWT", () => "hello", /^TOKEN_INVALID: .*no JWT/],
    ["two parts", () => forge().split(".").slice(0, 2).join("."), /^TOKEN_INVALID/],
    ["too long", () => `${forge()}${"a".repeat(8192)}`, /^TOKEN_INVALID: .*longer than 8192/],
    ["alg none", () => unsigned("none"), /^TOKEN_INVALID: .*alg is not EdDSA/],
    ["EdDSA without signature", () => unsigned("EdDSA"), /^TOKEN_INVALID: .*signature/],
    ["HS256 with the public key as secret", hmacWithPublicKey, /^TOKEN_INVALID: .*alg is not EdDSA/],
    ["alg ES256", () => forge({ alg: "ES256" }, {}, ecKey), /^TOKEN_INVALID: .*alg is not EdDSA/],
    ["alg Ed25519", () => forge({ alg: "Ed25519" }), /^TOKEN_INVALID: .*alg is not EdDSA/],
    ["alg in lower case", () => forge({ alg: "eddsa" }), /^TOKEN_INVALID: .*alg is not EdDSA/],
    ["alg missing", () => forge({ alg: undefined }), /^TOKEN_INVALID: .*alg is not EdDSA/],
    ["typ JWT", () => forge({ typ: "JWT" }), /^TOKEN_INVALID: .*typ is neither/],
    ["typ missing", () => forge({ typ: undefined }), /^TOKEN_INVALID: .*typ is neither/],
    [
      "typ with application/",
      () => forge({ typ: "application/crucible-launch+jwt" }),
      /^TOKEN_INVALID: .*typ is neither/,
    ],
    ["kid unknown", () => forge({ kid: "stranger" }, {}, strangerKey.privateKey), /^TOKEN_INVALID: .*kid names no/],
    ["kid missing", () => forge({ kid: undefined }), /^TOKEN_INVALID: .*kid names no/],
    ["kid __proto__", () => forge({ kid: "__proto__" }), /^TOKEN_INVALID: .*kid names no/],
    ["kid a number", () => forge({ kid: 1 }), /^TOKEN_INVALID: .*kid names no/],
    ["another key's signature", () => forge({}, {}, strangerKey.privateKey), /^TOKEN_INVALID: .*signature/],
    ["jku", () => forge({ jku: "https://evil.example/keys" }), /^TOKEN_INVALID: .*more than alg, typ and kid/],
    ["jwk", () => forge({ jwk }, {}, strangerKey.privateKey), /^TOKEN_INVALID: .*more than/],
    ["x5u", () => forge({ x5u: "https://evil.example/chain" }), /^TOKEN_INVALID: .*more than/],
    ["x5c", () => forge({ x5c: ["AAAA"] }), /^TOKEN_INVALID: .*more than/],
    ["crit", () => forge({ crit: ["exp"] }), /^TOKEN_INVALID: .*more than/],
    ["b64 false", () => forge({ b64: false, crit: ["b64"] }), /^TOKEN_INVALID: .*more than/],
    ["iss of somebody else", () => forge({}, { iss: "other" }), /^TOKEN_INVALID: .*iss/],
    ["iss missing", () => forge({}, { iss: undefined }), /^TOKEN_INVALID: .*iss/],
    ["aud of another run", () => forge({}, { aud: `${daemonId}/boot-0` }), /^TOKEN_INVALID: .*another run/],
    ["aud of another daemon", () => forge({}, { aud: `other/${bootId}` }), /^TOKEN_INVALID: .*another run/],
    ["aud without the run", () => forge({}, { aud: daemonId }), /^TOKEN_INVALID: .*another run/],
    ["aud a list with ours", () => forge({}, { aud: [goodClaims.aud, "x"] }), /^TOKEN_INVALID: .*another run/],
    ["aud missing", () => forge({}, { aud: undefined }), /^TOKEN_INVALID: .*another run/],
    ["iat missing", () => forge({}, { iat: undefined }), /^TOKEN_INVALID: .*iat/],
    ["iat in the future", () => forge({}, { iat: nowSeconds + 31, exp: nowSeconds + 60 }), /^TOKEN_INVALID: .*future/],
    ["nbf in the future", () => forge({}, { nbf: nowSeconds + 31 }), /^TOKEN_INVALID: .*future/],
    ["exp missing", () => forge({}, { exp: undefined }), /^TOKEN_INVALID: .*exp/],
    ["exp a text", () => forge({}, { exp: `${goodClaims.exp}` }), /^TOKEN_INVALID: .*exp/],
    ["exp beyond numbers", () => forge({}, { exp: 1e300 }), /^TOKEN_INVALID/],
    ["a life of more than 60 s", () => forge({}, { exp: nowSeconds + 61 }), /^TOKEN_INVALID: .*between 0 and 60 s/],
    ["a life of 0 s", () => forge({}, { exp: nowSeconds }), /^TOKEN_INVALID: .*between 0 and 60 s/],
    ["expired", () => forge({}, { iat: nowSeconds - 120, exp: nowSeconds - 60 }), /^TOKEN_EXPIRED/],
    ["sub of another plugin", () => forge({}, { sub: "tasks" }), /^IDENTITY_MISMATCH: the token is plugin tasks's/],
    ["sub missing", () => forge({}, { sub: undefined }), /^TOKEN_INVALID: .*sub/],
    ["sub no plugin id", () => forge({}, { sub: "../search" }), /^TOKEN_INVALID: .*sub/],
    [
      "cnf of another key",
      () => forge({}, { cnf: { jkt: okpThumbprint("X25519", new Uint8Array(32)) } }),
      /^IDENTITY_MISMATCH/,
    ],
    [
      "cnf of the same bytes as Ed25519",
      () => forge({}, { cnf: { jkt: okpThumbprint("Ed25519", plugin.publicKey) } }),
      /^IDENTITY_MISMATCH/,
    ],
    ["cnf missing", () => forge({}, { cnf: undefined }), /^TOKEN_INVALID: .*bound to no key/],
    ["cnf null", () => forge({}, { cnf: null }), /^TOKEN_INVALID: .*bound to no key/],
    ["cnf a text", () => forge({}, { cnf: thumbprint }), /^TOKEN_INVALID: .*bound to no key/],
    ["jti missing", () => forge({}, { jti: undefined }), /^TOKEN_INVALID: .*jti/],
    ["jti empty", () => forge({}, { jti: "" }), /^TOKEN_INVALID: .*jti/],
    ["jti endless", () => forge({}, { jti: "x".repeat(129) }), /^TOKEN_INVALID: .*jti/],
    ["jti a number", () => forge({}, { jti: 1 }), /^TOKEN_INVALID: .*jti/],
  ])("%s", async (_, make, expected) => {
    expect(await judge(make())).toMatch(expected);
  });

  test("a launch token from a key that may issue plugin tokens alone", async () => {
    const token = forge({ kid: "partner" }, { iss: "partner.example" }, partnerKey.privateKey);
    expect(await judge(token)).toMatch(/^TOKEN_INVALID: .*may not issue launch/);
  });

  test("a partner's token in the daemon's name", async () => {
    const header = { kid: "partner", typ: "crucible-plugin+jwt" };
    expect(await judge(forge(header, { aud: daemonId }, partnerKey.privateKey))).toMatch(/^TOKEN_INVALID: .*iss/);
  });

  test.each(["[]", "null", '"text"', "1", "{", "\u00ff"])("a signed payload that is no object: %s", async (payload) => {
    const signed = `${encode(goodHeader)}.${Buffer.from(payload, "latin1").toString("base64url")}`;
    const token = `${signed}.${sign(null, Buffer.from(signed), daemonKey.privateKey).toString("base64url")}`;
    expect(await judge(token)).toMatch(/^TOKEN_INVALID/);
  });

  test("a good one presented by another plugin's key, or at another plugin's socket", async () => {
    const other = generateStaticKey(nodeSuite).publicKey;
    expect(await judge(forge(), nowMs, { ...bearer, staticKey: other })).toMatch(/^IDENTITY_MISMATCH/);
    expect(await judge(forge(), nowMs, { ...bearer, pluginId: "tasks" })).toMatch(/^IDENTITY_MISMATCH/);
  });

  test("with any character changed", async () => {
    const token = forge();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (index, character) => {
          fc.pre(token[index] !== character);
          const bad = token.slice(0, index) + character + token.slice(index + 1);
          const verdict = await judge(bad);
          // base64url ends with bits that decoders ignore: the same token, spelt otherwise, is the same jti.
          if (verdict === "accepted") expect(index).toBe(token.length - 1);
          else expect(verdict).toMatch(/^TOKEN_INVALID/);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("use", () => {
  const replayed = expect.objectContaining({ reason: "TOKEN_REPLAYED" }) as unknown;

  test("a settled token is replayed; another one is not", async () => {
    const verifier = verifierAt(nowMs);
    await verifier.verify(forge(), bearer);
    const verified = await verifier.verify(forge(), bearer);
    verifier.settle(verified);
    await expect(verifier.verify(forge(), bearer)).rejects.toThrow(replayed as Error);
    await verifier.verify(forge({}, { jti: "two" }), bearer);
  });

  test("bad tokens take no room, and do not use up a good one's id", async () => {
    const ledger = new TokenLedger();
    const verifier = verifierAt(nowMs, ledger);
    await expect(verifier.verify(forge({}, {}, strangerKey.privateKey), bearer)).rejects.toThrow(CrucibleError);
    await expect(verifier.verify(forge({}, { sub: "tasks" }), bearer)).rejects.toThrow(CrucibleError);
    expect(ledger.size).toBe(0);
    await verifier.verify(forge(), bearer);
  });

  test("ids of different issuers do not meet", async () => {
    const verifier = verifierAt(nowMs);
    verifier.settle(await verifier.verify(forge(), bearer));
    const header = { kid: "partner", typ: "crucible-plugin+jwt" };
    const claims = { iss: "partner.example", aud: daemonId };
    await verifier.verify(forge(header, claims, partnerKey.privateKey), bearer);
  });
});

const reason = (name: string): Error => expect.objectContaining({ reason: name }) as Error;

test("what cannot be a token is not issued", async () => {
  const staticKey = plugin.publicKey;
  await expect(issuer.issue({ pluginId: "No", staticKey })).rejects.toThrow(reason("PLUGIN_ID_INVALID"));
  await expect(issuer.issue({ pluginId, staticKey: new Uint8Array(31) })).rejects.toThrow(reason("OPTION_INVALID"));
  for (const lifetimeMs of [0, 999, 60_001, Number.NaN]) {
    await expect(issuer.issue({ pluginId, staticKey, lifetimeMs })).rejects.toThrow(reason("OPTION_INVALID"));
  }
  expect(createBootId()).not.toBe(createBootId());
});
