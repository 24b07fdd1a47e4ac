import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { nodeSuite } from "../../../../runtime/typescript/src/crypto/node/node-suite.js";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { encodePluginHello, Intent } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/handshake_codec.js";
import { prologueOf } from "../../../../runtime/typescript/src/session/handshake/payload.js";
import { certifyAuthority, certifyDaemon } from "../../crypto/certificates.js";
import {
  carry,
  createParties,
  daemonId,
  daemonSide,
  nowMs,
  offer,
  type Parties,
  pluginId,
  pluginSide,
  type SideOptions,
  vouch,
} from "./parties.js";

let parties: Parties;
beforeAll(async () => {
  parties = await createParties();
});

type Tamper = (message: Uint8Array, number: number) => Uint8Array;
const same: Tamper = (message) => message;

/** Runs a whole handshake; each message may be changed on its way. */
async function run(plugin: SideOptions = {}, daemon: SideOptions = {}, tamper: Tamper = same) {
  const pluginEnd = pluginSide(parties, plugin);
  const daemonEnd = daemonSide(parties, daemon);
  const message2 = daemonEnd.message1(tamper(pluginEnd.message1(), 1));
  const message3 = pluginEnd.message2(tamper(message2, 2));
  const daemonResult = await daemonEnd.message3(tamper(message3, 3));
  return { plugin: pluginEnd.result, daemon: daemonResult };
}

/** The reason and message of the CrucibleError that a handshake ends with. */
async function failure(...options: Parameters<typeof run>): Promise<string> {
  try {
    await run(...options);
  } catch (error) {
    if (!(error instanceof CrucibleError)) throw error;
    expect(error.message).not.toContain("\n");
    return `${error.reason}: ${error.message}`;
  }
  return "nothing was thrown";
}

const product = (productVersion: string): SideOptions => ({ offer: { ...offer, productVersion } });
const protocols = (...protocolVersions: number[]): SideOptions => ({ offer: { ...offer, protocolVersions } });

const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const bad = bytes.slice();
  bad[bit >> 3] = bad[bit >> 3]! ^ (1 << (bit & 7));
  return bad;
};

/** The way an attacker would: message 1 travels in clear. */
const shrinkOffer: Tamper = (message, number) => {
  if (number !== 1) return message;
  const lesser = encodePluginHello({ ...offer, protocolVersions: [1], features: [], daemonId });
  return Buffer.concat([message.subarray(0, 32), lesser]);
};

describe("a handshake", () => {
  test("leaves both sides with the same choice, hash and keys, and each other's identity", async () => {
    const { plugin, daemon } = await run();
    expect(plugin.choice).toEqual({ protocolVersion: 1, features: ["credit", "events"] });
    expect(daemon.choice).toEqual(plugin.choice);
    expect(daemon.handshakeHash).toEqual(plugin.handshakeHash);
    expect(daemon.remoteStaticKey).toEqual(parties.pluginKey.publicKey);
    expect(plugin.remoteStaticKey).toEqual(parties.daemonKey.publicKey);
    expect(daemon.plugin).toMatchObject({ pluginId, kind: "launch", issuer: daemonId });
    expect(daemon.intent).toBe(Intent.NEW);
    expect(daemon.proof.token).toBe(parties.token);
    expect(daemon.pluginHello.productVersion).toBe(offer.productVersion);
    expect(plugin.daemonHello.features).toEqual(offer.features);
    const payload = Uint8Array.of(1, 2, 3);
    expect(carry(plugin.send, daemon.receive, payload)).toEqual(payload);
    expect(carry(daemon.send, plugin.receive, payload)).toEqual(payload);
    expect(() => carry(plugin.send, plugin.receive, payload)).toThrow(CrucibleError);
  });

  test("has new keys each time, and may be repeated with one token until the session is settled", async () => {
    const fresh = await createParties();
    const once = async (): Promise<Uint8Array> => {
      const plugin = pluginSide(fresh);
      const daemon = daemonSide(fresh);
      const result = await daemon.message3(plugin.message2(daemon.message1(plugin.message1())));
      if (settle) fresh.verifier.settle(result.plugin);
      return result.handshakeHash;
    };
    let settle = false;
    const first = await once();
    settle = true;
    expect(await once()).not.toEqual(first);
    await expect(once()).rejects.toThrow(expect.objectContaining({ reason: "TOKEN_REPLAYED" }));
  });

  test("meets only over the same channel", async () => {
    const binding = new Uint8Array(32).fill(7);
    await run({ binding }, { binding });
    expect(await failure({ binding })).toMatch(/^HANDSHAKE_FAILED/);
    expect(prologueOf(binding)).toEqual(Uint8Array.from([...Buffer.from("crucible/1\0"), ...binding]));
  });

  test("uses the features that both know, sorted", async () => {
    const plugin = { ...offer, features: ["zstd", "events", "credit", "credit"] };
    const daemon = { ...offer, features: ["credit", "resume", "events", "zstd"] };
    expect((await run({ offer: plugin }, { offer: daemon })).plugin.choice.features).toEqual([
      "credit",
      "events",
      "zstd",
    ]);
  });
});

describe("changed on the way", () => {
  test.each([1, 2, 3])("a bit anywhere in message %i ends it cleanly", async (target) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (position) => {
        const tamper: Tamper = (message, number) =>
          number === target ? flip(message, position % (message.length * 8)) : message;
        // Flips of message 1, which is in clear, may also read as another hello before they are found out.
        const reasons = target === 1 ? /^(HANDSHAKE_FAILED|VERSION_MISMATCH|IDENTITY_MISMATCH):/ : /^HANDSHAKE_FAILED:/;
        expect(await failure({}, {}, tamper)).toMatch(reasons);
      }),
      { numRuns: 120 },
    );
  });

  test.each([1, 2, 3])("message %i cut or made longer ends it cleanly", async (target) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 }), async (position, more) => {
        const cut: Tamper = (message, number) =>
          number === target ? message.slice(0, position % message.length) : message;
        const longer: Tamper = (message, number) => (number === target ? Buffer.concat([message, more]) : message);
        for (const tamper of [cut, longer]) {
          expect(await failure({}, {}, tamper)).toMatch(/^(HANDSHAKE_FAILED|VERSION_MISMATCH|IDENTITY_MISMATCH):/);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("an offer made smaller in message 1 never leads to a session with less", async () => {
    expect(await failure({}, {}, shrinkOffer)).toMatch(/^HANDSHAKE_FAILED/);
  });

  test("own messages coming back are a reflection", async () => {
    const plugin = pluginSide(parties);
    const message1 = plugin.message1();
    expect(() => plugin.message2(message1)).toThrow(expect.objectContaining({ reason: "REFLECTION" }));
    const padded = Buffer.concat([message1, new Uint8Array(200)]);
    const other = pluginSide(parties);
    other.message1();
    expect(() => other.message2(padded)).toThrow(expect.objectContaining({ reason: "HANDSHAKE_FAILED" }));
    expect(await failure({ staticKey: parties.daemonKey })).toMatch(/^(REFLECTION|DAEMON_IDENTITY)/);
  });

  test("messages beyond the limits are refused unread", async () => {
    expect(() => daemonSide(parties).message1(new Uint8Array(32 + 4097))).toThrow(/message 1 has 4129 bytes/);
    const plugin = pluginSide(parties);
    plugin.message1();
    expect(() => plugin.message2(new Uint8Array(16_385))).toThrow(/message 2 has 16385 bytes/);
    await expect(daemonSide(parties).message3(new Uint8Array(9000))).rejects.toThrow(/message 3 has 9000 bytes/);
    expect(await failure({ token: "x".repeat(9000) })).toMatch(/^HANDSHAKE_FAILED: handshake message 3/);
  });
});

describe("out of turn", () => {
  test("and after an error or the end, each step is refused", async () => {
    const failed = expect.objectContaining({ reason: "HANDSHAKE_FAILED" });
    const plugin = pluginSide(parties);
    expect(() => plugin.result).toThrow(failed);
    expect(() => plugin.message2(new Uint8Array(100))).toThrow(failed);
    const daemon = daemonSide(parties);
    await expect(daemon.message3(new Uint8Array(100))).rejects.toThrow(failed);
    const fresh = pluginSide(parties);
    const goodDaemon = daemonSide(parties);
    const message3 = fresh.message2(goodDaemon.message1(fresh.message1()));
    const [first, second] = await Promise.allSettled([goodDaemon.message3(message3), goodDaemon.message3(message3)]);
    expect(first.status).toBe("fulfilled");
    expect(second).toMatchObject({ status: "rejected", reason: { reason: "HANDSHAKE_FAILED" } });
  });
});

describe("identity", () => {
  test("a daemon of another authority is refused before the token is sent", async () => {
    const other = await certifyAuthority(nowMs);
    const credentials = vouch(await certifyDaemon(nowMs, other, daemonId), parties.daemonKey.publicKey);
    expect(await failure({}, { credentials })).toMatch(/^DAEMON_IDENTITY: .*not issued/);
  });

  test("credentials of the right daemon do not serve another's Noise key", async () => {
    const staticKey = nodeSuite.keyPair(nodeSuite.random(32));
    expect(await failure({}, { staticKey })).toMatch(/^DAEMON_IDENTITY: .*has not signed/);
  });

  test("a plugin that wants another daemon hears which this one is", async () => {
    expect(await failure({ daemonId: "other" })).toMatch(/^IDENTITY_MISMATCH: this is daemon knowledge-/);
    expect(await failure({ daemonId: "" })).toMatch(/^IDENTITY_MISMATCH/);
  });

  test("a token of another plugin, or of another key, is refused", async () => {
    const staticKey = nodeSuite.keyPair(nodeSuite.random(32));
    expect(await failure({ staticKey })).toMatch(/^IDENTITY_MISMATCH: the token is bound to another Noise key/);
    expect(await failure({ token: "" })).toMatch(/^TOKEN_INVALID/);
    expect(await failure({ token: "a.b.c" })).toMatch(/^TOKEN_INVALID/);
  });
});

describe("versions", () => {
  test("a plugin newer by a major is refused, and hears what to upgrade", async () => {
    expect(await failure(product("2.0.0"), product("1.9.9"))).toBe(
      "VERSION_MISMATCH: plugin runtime 2.0.0 is newer than daemon runtime 1.9.9: upgrade the daemon to 2.x",
    );
  });

  test("a plugin older by a major is refused while the daemon carries no such mode", async () => {
    expect(await failure(product("1.0.0"), product("2.0.0"))).toBe(
      "VERSION_MISMATCH: plugin runtime 1.0.0 is older than daemon runtime 2.0.0, which no longer serves it: upgrade the plugin to 2.x",
    );
  });

  test("same major works, whichever is newer", async () => {
    await run(product("1.0.0"), product("1.9.0-beta.1"));
    await run(product("1.9.0+build"), product("1.0.0"));
  });

  test("the highest common protocol version is chosen", async () => {
    expect((await run(protocols(1, 2, 3), protocols(5, 2, 1))).daemon.choice.protocolVersion).toBe(2);
  });

  test("without a common protocol version the older side is named", async () => {
    expect(await failure(protocols(1), protocols(3, 2))).toBe(
      "VERSION_MISMATCH: no common protocol version: upgrade the plugin's runtime to one that speaks protocol 2 (it speaks 1)",
    );
    expect(await failure(protocols(4), protocols(3, 2))).toBe(
      "VERSION_MISMATCH: no common protocol version: upgrade the daemon's runtime to one that speaks protocol 4 (it speaks 3, 2)",
    );
  });
});
