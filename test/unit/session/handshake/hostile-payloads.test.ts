import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { HandshakeState } from "../../../../runtime/typescript/src/crypto/noise.js";
import { nodeSuite } from "../../../../runtime/typescript/src/crypto/node/node-suite.js";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import {
  type DaemonHelloInit,
  encodeDaemonHello,
  encodePluginHello,
  encodePluginProof,
  Intent,
} from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/handshake_codec.js";
import { prologueOf } from "../../../../runtime/typescript/src/session/handshake/payload.js";
import { createParties, daemonId, daemonSide, offer, type Parties, pluginSide } from "./parties.js";

let parties: Parties;
beforeAll(async () => {
  parties = await createParties();
});

/** A plugin that says whatever we like in message 1 and 3. */
async function asPlugin(hello: Uint8Array, proof: Uint8Array): Promise<string> {
  const noise = new HandshakeState({
    suite: nodeSuite,
    initiator: true,
    prologue: prologueOf(new Uint8Array(0)),
    staticKey: parties.pluginKey,
  });
  const daemon = daemonSide(parties);
  try {
    noise.readMessage(daemon.message1(noise.writeMessage(hello)));
    await daemon.message3(noise.writeMessage(proof));
  } catch (error) {
    if (!(error instanceof CrucibleError)) throw error;
    return `${error.reason}: ${error.message}`;
  }
  return "nothing was thrown";
}

/** A daemon that says whatever we like in message 2. */
function asDaemon(hello: Uint8Array): string {
  const noise = new HandshakeState({
    suite: nodeSuite,
    initiator: false,
    prologue: prologueOf(new Uint8Array(0)),
    staticKey: parties.daemonKey,
  });
  const plugin = pluginSide(parties);
  noise.readMessage(plugin.message1());
  try {
    plugin.message2(noise.writeMessage(hello));
  } catch (error) {
    if (!(error instanceof CrucibleError)) throw error;
    return `${error.reason}: ${error.message}`;
  }
  return "nothing was thrown";
}

const goodHello = encodePluginHello({
  protocolVersions: offer.protocolVersions,
  features: offer.features,
  productVersion: offer.productVersion,
  daemonId,
});
const daemonHello = (): DaemonHelloInit => ({
  ...offer,
  ...parties.credentials,
  chosenProtocolVersion: 1,
  chosenFeatures: ["credit", "events"],
});

describe("hostile payloads under a good Noise layer", () => {
  test("the good ones pass", async () => {
    const proof = encodePluginProof({ intent: Intent.NEW, token: parties.token });
    expect(await asPlugin(goodHello, proof)).toBe("nothing was thrown");
    expect(asDaemon(encodeDaemonHello(daemonHello()))).toBe("nothing was thrown");
  });

  test.each([
    ["another protocol version", { chosenProtocolVersion: 2 }],
    ["no protocol version", { chosenProtocolVersion: 0 }],
    ["fewer features", { chosenFeatures: ["credit"] }],
    ["more features", { chosenFeatures: ["credit", "events", "zstd"] }],
    ["unsorted features", { chosenFeatures: ["events", "credit"] }],
  ])("a daemon that chooses %s is a downgrade", (_, difference) => {
    expect(asDaemon(encodeDaemonHello({ ...daemonHello(), ...difference }))).toMatch(/^DOWNGRADE/);
  });

  test.each([
    ["no versions", { protocolVersions: [] }, /lists 0 protocol versions/],
    ["too many versions", { protocolVersions: Array.from({ length: 17 }, () => 1) }, /lists 17 protocol versions/],
    ["version 0", { protocolVersions: [0] }, /outside 1 to 255/],
    ["version 256", { protocolVersions: [256, 1] }, /outside 1 to 255/],
    ["too many features", { features: Array.from({ length: 65 }, (__, index) => `f${index}`) }, /more than 64/],
    ["an empty feature", { features: [""] }, /no valid form/],
    ["a feature of many lines", { features: ["a\nb"] }, /no valid form/],
    ["no product version", { productVersion: "" }, /no semver/],
    ["a false product version", { productVersion: "1.2" }, /no semver/],
    ["an endless product version", { productVersion: `1.2.3-${"a".repeat(100)}` }, /no semver/],
  ])("a hello with %s is refused on either side", async (_, difference, expected) => {
    const proof = new Uint8Array(0);
    const hello = encodePluginHello({
      ...offer,
      daemonId,
      ...difference,
    });
    expect(await asPlugin(hello, proof)).toMatch(expected);
    expect(asDaemon(encodeDaemonHello({ ...daemonHello(), ...difference }))).toMatch(expected);
  });

  test("bytes that are no protobuf are refused on either side, and nothing else is thrown", async () => {
    const broken = Uint8Array.of(0xff, 0xff);
    expect(await asPlugin(broken, new Uint8Array(0))).toMatch(/^HANDSHAKE_FAILED: .*PluginHello/);
    expect(await asPlugin(goodHello, broken)).toMatch(/^HANDSHAKE_FAILED: .*PluginProof/);
    expect(asDaemon(broken)).toMatch(/^HANDSHAKE_FAILED: .*DaemonHello/);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(asDaemon(bytes)).not.toBe("nothing was thrown");
        expect(await asPlugin(bytes, bytes)).not.toBe("nothing was thrown");
        expect(await asPlugin(goodHello, bytes)).not.toBe("nothing was thrown");
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ["JOIN", Intent.JOIN],
    ["RESUME", Intent.RESUME],
    ["intent 0", Intent.UNSPECIFIED],
    ["intent 9", 9 as Intent],
  ])("%s is not served", async (name, intent) => {
    const proof = encodePluginProof({ intent, token: parties.token, sessionTicket: new Uint8Array(32) });
    expect(await asPlugin(goodHello, proof)).toMatch(new RegExp(`^HANDSHAKE_FAILED: ${name} is not served`));
  });
});
