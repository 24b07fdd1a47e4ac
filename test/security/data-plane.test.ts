import { afterEach, describe, expect, test } from "vitest";
import { compressBlock } from "../../runtime/typescript/src/compress/lz4.js";
import { Flag, FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { encodeHeartbeat } from "../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { encodeRequest, encodeStream } from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { CrucibleError } from "../../runtime/typescript/src/index.js";
import { wireId } from "../../runtime/typescript/src/rpc/method-table.js";
import type { HandlerContext } from "../../runtime/typescript/src/rpc/service.js";
import { decodeError } from "../../runtime/typescript/src/session/error-frame.js";
import { ownOffer } from "../../runtime/typescript/src/session/handshake/own-offer.js";
import type { Link } from "../../runtime/typescript/src/session/link.js";
import { encodeStoreRequest } from "../integration/lab/gen/lab/v1/lab_codec.js";
import { Echo } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import { connectWith, type Disguise, endLeakers, leakTicket } from "../integration/support/intruder.js";
import { closeDaemons, createLab, type Lab, until } from "../integration/support/lab.js";
import { TestVault } from "../integration/support/vault.js";
import { skipsSharedMemory } from "../suites/linux-memory.js";

// A plugin with a valid ticket that wants its daemon to run out of something, over a real socket.

afterEach(async () => {
  endLeakers();
  await closeDaemons();
});

/** A service whose streams nobody reads; it knows how many handlers are at work, and how many have been told to stop. */
class DeafVault extends TestVault {
  begun = 0;
  stopped = 0;
  override store(_: AsyncIterable<unknown>, context?: HandlerContext): Promise<{ stored: number }> {
    this.begun++;
    return new Promise((_resolve, reject) => {
      context!.signal.addEventListener("abort", () => {
        this.stopped++;
        reject(context!.signal.reason as Error);
      });
    });
  }
}

interface Attacker {
  readonly link: Link;
  /** Reasons of the Errors that it was told, by message id. */
  readonly errors: Map<number, string>;
  /** Control frames are counted where they wait: not too many at once. */
  send(frames: Iterable<readonly [type: number, flags: number, id: number, payload: Uint8Array]>): Promise<void>;
  /** Whether a Heartbeat is answered. */
  alive(): Promise<boolean>;
}

let heartbeats = 1_000_001;

async function attack(lab: Lab, disguise: Disguise = {}, id = "attacker"): Promise<Attacker> {
  const leak = await leakTicket(lab, id, ["vault.read"]);
  const { link } = await connectWith(leak.ticket, { register: { pluginId: id }, ...disguise });
  const errors = new Map<number, string>();
  const answered = new Set<number>();
  link.setHandler({
    checkHeader: () => 0xffff_ffff,
    onFrame: (type, _flags, id, bytes, start, end) => {
      if (type === FrameType.Error) errors.set(id, decodeError(bytes.subarray(start, end)).reason);
      if (type === FrameType.Response) answered.add(id);
    },
    onClosed: () => {},
  });
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    link,
    errors,
    send: async (frames) => {
      let bytes = 0;
      for (const [type, flags, id, payload] of frames) {
        link.sendControl(type, flags, id, payload, false);
        if ((bytes += payload.length + 44) < 20_000) continue;
        bytes = 0;
        do await pause();
        while (link.blocked && !link.closed);
      }
      await pause();
    },
    alive: async () => {
      const id = (heartbeats += 2);
      link.sendControl(FrameType.Heartbeat, 0, id, encodeHeartbeat({ nonce: 1n }), false);
      await until(() => answered.has(id) || link.closed, "an answer or an end");
      return !link.closed;
    },
  };
}

const store = encodeRequest({ methodId: wireId("lab.v1.Vault/Store") });
const opening = (id: number): readonly [number, number, number, Uint8Array] => [FrameType.Request, 0, id, store];
const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 * i + 1);

/** A payload of zeros as a COMPRESSED frame has it: 65,492 bytes in some 270. */
const bomb = ((): Uint8Array => {
  const zeros = new Uint8Array(65_492);
  const room = new Uint8Array(1_000);
  new DataView(room.buffer).setUint32(0, zeros.length);
  return room.slice(0, compressBlock(zeros, 0, zeros.length, room, 4, room.length));
})();

describe("calls of a plugin", () => {
  test("by the ten thousand, unread and full: those beyond the limit are refused, all end with the connection", async () => {
    const vault = new DeafVault();
    const maxCalls = 200;
    const lab = await createLab({ services: [vault], limits: { maxCalls } });
    const attacker = await attack(lab);
    await attacker.send(ids(10_000).map(opening));
    const body = encodeStream({ body: encodeStoreRequest({ key: "k", value: "v".repeat(60_000) }) });
    await attacker.send(ids(maxCalls).map((id) => [FrameType.Stream, 0, id, body] as const));
    expect(await attacker.alive()).toBe(true);
    expect(vault.begun).toBe(maxCalls);
    expect(attacker.errors.size).toBe(10_000 - maxCalls);
    expect(new Set(attacker.errors.values())).toEqual(new Set(["TOO_MANY_CALLS"]));
    // Frames of those that were refused are late, and cost nothing.
    await attacker.send([1, 2, 3].map((i) => [FrameType.Stream, 0, 19_991 + 2 * i, body] as const));
    expect(await attacker.alive()).toBe(true);
    await attacker.send([[FrameType.Stream, 0, 1, body]]);
    await attacker.send(Array.from({ length: 100 }, () => [FrameType.Stream, 0, 3, body] as const));
    await until(() => attacker.link.closed, "the end of who sends beyond its credit");
    expect(attacker.errors.get(0)).toBe("CREDIT_EXCEEDED");
    await until(() => vault.stopped === maxCalls, "all handlers to be told");
  });

  test("whose messages are bombs of LZ4 on many streams: what is unfinished is bounded over all of them", async () => {
    const vault = new DeafVault();
    const lab = await createLab({ services: [vault], limits: { maxIncompleteBytes: 4_000_000 } });
    const attacker = await attack(lab);
    const streams = ids(300);
    await attacker.send(streams.map(opening));
    const before = process.memoryUsage().arrayBuffers;
    // 20 MB, in 80 KB on the wire.
    await attacker.send(streams.map((id) => [FrameType.Stream, Flag.Compressed | Flag.More, id, bomb] as const));
    expect(await attacker.alive()).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
    const refused = [...attacker.errors.values()];
    expect(new Set(refused)).toEqual(new Set(["MESSAGE_TOO_LARGE"]));
    expect(refused.length).toBeGreaterThan(200);
    expect(vault.stopped).toBe(refused.length);
  });

  const flags = Flag.Compressed | Flag.More;
  const lying = (length: number): Uint8Array => {
    const payload = bomb.slice();
    new DataView(payload.buffer).setUint32(0, length);
    return payload;
  };
  const lies = [
    ["longer than it is", FrameType.Stream, flags, lying(65_000), "BAD_COMPRESSION"],
    ["shorter than it is", FrameType.Stream, flags, lying(1), "BAD_COMPRESSION"],
    ["nothing", FrameType.Stream, flags, lying(0), "BAD_COMPRESSION"],
    ["more than any may", FrameType.Stream, flags, lying(0xffff_ffff), "FRAME_TOO_LARGE"],
    ["for a control frame", FrameType.Credit, Flag.Compressed, bomb, "BAD_FLAGS"],
    ["for an Error", FrameType.Error, Flag.Compressed | Flag.EndStream, bomb, "BAD_FLAGS"],
    ["for a sealed frame", FrameType.Stream, flags | Flag.Encrypted, bomb, "BAD_FLAGS"],
    ["where nobody agreed on it", FrameType.Stream, flags, bomb, "BAD_FLAGS"],
  ] as const;

  test("that are compressed and announce what they are not, or are where they may not be, end the session", async () => {
    const lab = await createLab({ services: [new DeafVault()] });
    const features = ownOffer.features.filter((name) => name !== "lz4");
    const ends = lies.map(async ([what, type, all, payload, reason], i) => {
      const offer = what.includes("agreed") ? { offer: { ...ownOffer, features } } : {};
      const attacker = await attack(lab, { register: { pluginId: `liar-${i}` }, ...offer }, `liar-${i}`);
      await attacker.send([opening(1), [type, all, 1, payload]]);
      await until(() => attacker.link.closed, "the end of the session");
      return [what, attacker.errors.get(0), reason];
    });
    for (const [what, told, reason] of await Promise.all(ends)) expect([what, told]).toEqual([what, reason]);
  });
});

test.skipIf(skipsSharedMemory("memory that a plugin keeps for itself"))(
  "memory that a plugin resizes and writes to while its daemon reads harms nobody but that plugin",
  async () => {
    const lab = await createLab();
    const other = (await lab.launch("echo-plugin", { id: "other" })).client(Echo);
    const plugin = await lab.launch("arena-vandal", { id: "vandal" });
    expect(plugin.features).toContain("handoff");
    const vandal = plugin.client(Echo);
    expect((await vandal.act({ action: "resize" })).result).toBe(Array(8).fill("EPERM").join(","));
    const payload = new Uint8Array(1_000_000).fill(7);
    const intact = async (echo: Echo): Promise<void> => {
      const answer = await echo.say({ text: "t", payload });
      expect([answer.text, Buffer.compare(answer.payload, payload)]).toEqual(["t", 0]);
    };
    await intact(vandal);
    await vandal.act({ action: "begin" });
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async () => {
        try {
          const { text, payload: back } = await vandal.say({ text: "t", payload });
          // Whatever it is, it is what was checked: it cannot change any more.
          const [first, again] = [Buffer.from(back), Buffer.from(back)];
          await new Promise((resolve) => setTimeout(resolve, 5));
          return typeof text === "string" && first.equals(again) && first.equals(back);
        } catch (error) {
          return error instanceof CrucibleError && error.reason !== "HANDLER_FAILED";
        }
      }),
    );
    expect(outcomes).toEqual(Array(60).fill(true));
    await intact(other);
    if (plugin.state === "running") {
      await vandal.act({ action: "end" });
      await intact(vandal);
    }
    await intact(other);
  },
);
