import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../runtime/typescript/src/clock/clock.js";
import type { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { Flag, FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import { openAsDaemon } from "../../../runtime/typescript/src/session/daemon-opening.js";
import {
  announcementOf,
  demandOf,
  type Encryption,
  leastEncryption,
  requireSealedCalls,
  stricter,
  toWire,
} from "../../../runtime/typescript/src/session/encryption.js";
import type { Offer } from "../../../runtime/typescript/src/session/handshake/offer.js";
import { defaultLimits } from "../../../runtime/typescript/src/session/limits.js";
import type { Link, LinkHandler } from "../../../runtime/typescript/src/session/link.js";
import { openAsPlugin } from "../../../runtime/typescript/src/session/plugin-opening.js";
import { createMemoryPair } from "../../../runtime/typescript/src/transport/memory.js";
import { createPipeTransport } from "../../../runtime/typescript/src/transport/node/pipe.js";
import type { Connection, Protection } from "../../../runtime/typescript/src/transport/transport.js";
import { Echo, pairUp, tap } from "../../suites/peers.js";
import { expectAlive, expectEnd, failure, frameBytes, RawEnd, type RawFrame, request } from "../../suites/raw-end.js";
import { framesOf } from "../../suites/wire-check.js";
import { createParties, daemonSide, offer, type Parties, pluginId, pluginSide } from "./handshake/parties.js";

// PROTOCOL.md, Policies: what a session seals, who decides, and how less than that is refused.

const channel = (protection: Protection, bindingBytes: number): Connection =>
  ({ protection, binding: new Uint8Array(bindingBytes) }) as Connection;
const reasonOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return (error as CrucibleError).reason;
  }
  return "none";
};

test.each([
  ["a local socket of a verified owner", "local", 0, "none"],
  ["TLS with its exporter as the binding", "tls", 32, "none"],
  ["TLS without a binding", "tls", 0, "everything"],
  ["TLS with half a binding", "tls", 16, "everything"],
  ["a channel that nothing protects", "none", 0, "everything"],
  ["such a channel, whatever it is bound to", "none", 32, "everything"],
] as const)("%s needs a policy of its own", (_, protection, bindingBytes, least) => {
  expect(leastEncryption(channel(protection, bindingBytes))).toBe(least);
});

test("the policy that demands more wins, whichever side it is of", () => {
  const all = ["none", "sensitive", "everything"] as const;
  for (const [i, one] of all.entries()) {
    for (const [j, other] of all.entries()) expect(stricter(one, other)).toBe(all[Math.max(i, j)]);
  }
});

test("a plugin takes no policy that is weaker than it demands, unknown, or not agreed on", () => {
  const sealed = ["sealed"];
  expect(announcementOf(0, "sensitive", [])).toBe("sensitive");
  expect(announcementOf(toWire("everything"), "none", sealed)).toBe("everything");
  expect(reasonOf(() => announcementOf(0, "everything", sealed))).toBe("DOWNGRADE");
  expect(reasonOf(() => announcementOf(toWire("none"), "sensitive", sealed))).toBe("DOWNGRADE");
  expect(reasonOf(() => announcementOf(toWire("everything"), "none", []))).toBe("DOWNGRADE");
  expect(reasonOf(() => announcementOf(4 as never, "none", sealed))).toBe("REGISTER_INVALID");
  expect(demandOf(0)).toBe("none");
  expect(demandOf(toWire("everything"))).toBe("everything");
  expect(reasonOf(() => demandOf(4 as never))).toBe("REGISTER_INVALID");
});

test("a sensitive method cannot be called where no call is sealed", () => {
  expect(reasonOf(() => requireSealedCalls("a.B/C", "none"))).toBe("SEAL_REQUIRED");
  expect(reasonOf(() => requireSealedCalls("a.B/C", "sensitive"))).toBe("none");
});

describe("two sides that open a connection", () => {
  let parties: Parties;
  beforeAll(async () => {
    parties = await createParties();
  });

  interface Side {
    readonly encryption?: Encryption;
    readonly features?: readonly string[];
    /** What the daemon says beside what it decided. */
    readonly says?: Encryption;
  }
  interface Outcome {
    /** The policy, or the reason for which there is none. */
    readonly daemon: string;
    readonly plugin: string;
    /** Types of the frames that each side has written. */
    readonly wrote: { readonly daemon: number[]; readonly plugin: number[] };
  }

  const handler: LinkHandler = { checkHeader: () => 65_536, onFrame: () => {}, onClosed: () => {} };
  const take = ({ link }: { readonly link: Link }): Encryption => {
    link.setHandler(handler);
    return link.encryption;
  };
  const outcome = (done: Promise<Encryption>): Promise<string> =>
    done.catch((error: CrucibleError) => error.reason) as Promise<string>;

  async function meet(
    daemon: Side,
    plugin: Side,
    connections: readonly [Connection, Connection] = createMemoryPair(),
  ): Promise<Outcome> {
    const wire = { daemon: [] as Uint8Array[], plugin: [] as Uint8Array[] };
    const speaks = ({ features = ["sealed"] }: Side): Offer => ({ ...offer, features });
    const common = { clock: systemClock, limits: defaultLimits };
    const opened = openAsDaemon({
      ...common,
      ...(daemon.encryption === undefined ? {} : { encryption: daemon.encryption }),
      connection: tap(connections[0], wire.daemon),
      handshake: daemonSide(parties, { offer: speaks(daemon) }),
      admit: () => ({ sessionHi: 0x0123_4567, sessionLo: 0x89ab_8def, answer: {} }),
      open: take,
    });
    const registered = openAsPlugin({
      ...common,
      ...(plugin.encryption === undefined ? {} : { encryption: plugin.encryption }),
      connection: tap(connections[1], wire.plugin),
      handshake: pluginSide(parties, { offer: speaks(plugin) }),
      register: { pluginId },
      open: take,
    });
    const [atDaemon, atPlugin] = await Promise.all([outcome(opened), outcome(registered)]);
    for (const connection of connections) connection.abort();
    const types = (chunks: readonly Uint8Array[]): number[] => framesOf(chunks).map(({ type }) => type);
    return { daemon: atDaemon, plugin: atPlugin, wrote: { daemon: types(wire.daemon), plugin: types(wire.plugin) } };
  }

  test.each<readonly [Encryption | undefined, Encryption | undefined, Encryption]>([
    [undefined, undefined, "none"],
    ["sensitive", undefined, "sensitive"],
    ["none", "sensitive", "sensitive"],
    ["everything", undefined, "everything"],
    ["sensitive", "everything", "everything"],
    ["none", "everything", "everything"],
  ])("the daemon wants %s and the plugin %s: %s", async (daemon, plugin, policy) => {
    const side = (encryption: Encryption | undefined): Side => (encryption === undefined ? {} : { encryption });
    expect(await meet(side(daemon), side(plugin))).toMatchObject({ daemon: policy, plugin: policy });
  });

  test("a daemon that wants everything does not greet a plugin that cannot", async () => {
    const got = await meet({ encryption: "everything" }, { features: [] });
    expect(got).toMatchObject({ daemon: "SEAL_REQUIRED", plugin: "SEAL_REQUIRED" });
    expect(got.wrote.daemon).toEqual([FrameType.Error]);
  });

  test("a plugin that wants everything gives no token to a daemon that cannot", async () => {
    const got = await meet({ features: [] }, { encryption: "everything" });
    expect(got).toMatchObject({ daemon: "SEAL_REQUIRED", plugin: "SEAL_REQUIRED" });
    expect(got.wrote.plugin).toEqual([FrameType.Handshake, FrameType.Error]);
  });

  test("a channel that nothing protects seals everything, whatever both sides say", async () => {
    const directory = mkdtempSync(join(tmpdir(), "crucible-clear-"));
    const pipes = createPipeTransport({}, { platform: "win32", pathOf: (name) => join(directory, name) });
    let accepted!: (connection: Connection) => void;
    const arrived = new Promise<Connection>((resolve) => {
      accepted = resolve;
    });
    const listener = await pipes.listen("pipe:daemon", accepted);
    const both = async (): Promise<[Connection, Connection]> => {
      const dialled = await pipes.dial("pipe:daemon");
      return [await arrived, dialled];
    };
    const got = await meet({ encryption: "none" }, {}, await both());
    expect(got).toMatchObject({ daemon: "everything", plugin: "everything" });
    await listener.close();
    rmSync(directory, { recursive: true });
  });

  test("on it, a side that cannot seal everything is told before anything secret is written", async () => {
    const unprotected = createMemoryPair().map((connection) =>
      Object.assign(tap(connection, []), { protection: "none" }),
    ) as unknown as [Connection, Connection];
    const got = await meet({ features: [] }, { features: [] }, unprotected);
    expect(got.daemon).toBe("SEAL_REQUIRED");
    expect(got.wrote).toEqual({ daemon: [FrameType.Error], plugin: [FrameType.Handshake] });
  });
});

describe("a session of policy `none`", () => {
  test.each(["daemon", "plugin"] as const)(
    "the %s calls no sensitive method, and sends nothing of it",
    async (caller) => {
      const pairing = pairUp({}, undefined, { encryption: "none" });
      const echo = pairing[caller].client(Echo);
      await expect(echo.secret({ key: "k", value: "the secret" })).rejects.toMatchObject({ reason: "SEAL_REQUIRED" });
      expect((await echo.unary({ key: "k", value: "v" })).value).toBe("v");
      const wire = Buffer.concat([...pairing.wire.fromDaemon, ...pairing.wire.fromPlugin]);
      expect(wire.includes("the secret")).toBe(false);
      expect(framesOf([wire]).every(({ flags }) => (flags & Flag.Encrypted) === 0)).toBe(true);
    },
  );

  test("refuses a call of one, and ends when it comes in clear", async () => {
    const raw = new RawEnd({ agreed: { encryption: "none" } });
    await raw.exchange({ ...request(1, "secret"), sealed: true });
    expect(raw.reasons(1)).toEqual(["SEAL_REQUIRED"]);
    expect(raw.of(FrameType.Error, 1)[0]!.flags & Flag.Encrypted).toBe(Flag.Encrypted);
    await expectAlive(raw, 3);
    await raw.exchange(request(5, "secret"));
    expectEnd(raw, "SEAL_REQUIRED");
  });
});

describe("a session of policy `everything`", () => {
  const sealed = (...frames: readonly RawFrame[]): RawFrame => ({
    type: FrameType.Sealed,
    sealed: true,
    payload: Buffer.concat(frames.map((frame) => frameBytes(frame).subarray(0, -8))),
  });
  const agreed = { encryption: "everything" } as const;
  const answers = (raw: RawEnd): number[] =>
    raw.of(FrameType.Sealed).flatMap(({ payload }) => [...payload.subarray(1, 2)]);

  test("answers calls of all methods, sensitive or not, by no seal of their own", async () => {
    const raw = new RawEnd({ agreed });
    await raw.exchange(sealed(request(1), request(3, "secret")));
    expect(raw.closed).toBeUndefined();
    const [first] = raw.of(FrameType.Sealed);
    expect(answers(raw)).toEqual([FrameType.Response]);
    // Both answers left together.
    expect(first!.payload.length).toBeGreaterThan(2 * 36);
  });

  test.each<readonly [string, string, RawFrame]>([
    ["a frame in clear", "SEAL_REQUIRED", request(1)],
    ["a frame that is ENCRYPTED by itself", "SEAL_REQUIRED", { ...request(1, "secret"), sealed: true }],
    ["an Error of a call in clear", "SEAL_REQUIRED", failure(2, "X")],
    ["a Sealed frame with a message id", "BAD_MESSAGE_ID", { ...sealed(request(1)), id: 1 }],
    ["an empty run", "BAD_ENVELOPE", { type: FrameType.Sealed, sealed: true }],
    ["a call that is ENCRYPTED inside", "BAD_FLAGS", sealed({ ...request(1, "secret"), sealed: true })],
    ["a Sealed frame inside", "BAD_TYPE", sealed(sealed(request(1)))],
  ])("ends on %s: %s", async (_, reason, frame) => {
    const raw = new RawEnd({ agreed });
    await raw.exchange(frame);
    expect(raw.closed?.reason).toBe(reason);
    // What it says of that is sealed too.
    expect(new Set(raw.seen.map(({ type }) => type))).toEqual(new Set([FrameType.Sealed]));
  });

  test("what stands before a fault in a run counts", async () => {
    const raw = new RawEnd({ agreed });
    await raw.exchange(sealed(request(1), { ...failure(2, "X"), flags: 0 }));
    expect(raw.closed?.reason).toBe("BAD_FLAGS");
    const told = raw.of(FrameType.Sealed).map(({ payload }) => payload[1]);
    expect(told).toEqual([FrameType.Response]);
  });

  test("an Error of the connection that came in clear ends it, as the claim that it is", async () => {
    const raw = new RawEnd({ agreed });
    await raw.exchange(failure(0, "BAD_CREDIT"));
    expect(raw.closed).toMatchObject({
      reason: "BAD_CREDIT",
      message: expect.stringContaining("unverified") as string,
    });
  });
});
