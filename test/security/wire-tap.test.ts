import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeChecksum } from "../../runtime/typescript/src/checksum/xxh64.js";
import type { Encryption, Plugin } from "../../runtime/typescript/src/daemon/index.js";
import { FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { Echo, GetResponseCodec } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import { createLab, type Lab, reasonOf, temporaryDirectory, until } from "../integration/support/lab.js";
import { program } from "../integration/support/programs.js";
import { type Direction, WireProxy } from "../suites/wire-proxy.js";

// A daemon and a plugin, two processes, and somebody on the wire between them who reads and changes what he likes.

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
const proxies: WireProxy[] = [];
afterAll(() => {
  for (const proxy of proxies) proxy.close();
});

interface Tapped {
  readonly plugin: Plugin;
  readonly echo: Echo;
  readonly proxy: WireProxy;
}

let launched = 0;
async function launch(encryption: Encryption, demanded?: Encryption): Promise<Tapped> {
  const id = `tapped-${++launched}`;
  const path = join(temporaryDirectory(), "p", "tap.sock");
  const proxy = await WireProxy.listen(path, join(lab.socketDirectory, `${id}.sock`));
  proxies.push(proxy);
  const programs = [await program("behind-proxy"), await program("confidant-plugin")];
  const plugin = await lab.daemon.launch({
    id,
    command: [process.execPath, ...programs, proxy.address],
    encryption,
    // The tap dials in its place.
    connectFrom: "anywhere",
    // One, so that its frames come in the order in which they were sent.
    connections: 1,
    env: { LAB_ENCRYPTION: demanded },
  });
  return { plugin, echo: plugin.client(Echo), proxy };
}

/** Whole frames of one direction, by type. */
const typesOf = (proxy: WireProxy, direction: Direction): number[] => proxy.seen[direction].map((frame) => frame[1]!);

const secret = "the-secret-of-the-plugin";
const plain = "nothing-that-is-secret";

/** Calls that tell the secret in a request and its metadata, in an answer and its metadata, and in an error. */
async function tellSecrets(echo: Echo): Promise<void> {
  const metadata = { hint: `${secret} in a hint` };
  expect((await echo.whisper({ secret }, { metadata })).digest).toBe(`${secret} in an answer`);
  const failed = await echo.whisper({ secret }, { metadata: { fail: "yes" } }).catch((error: unknown) => error);
  expect(failed).toMatchObject({ reason: "NOT_TOLD", message: `${secret} is not to be told` });
  const cancel = new AbortController();
  const cancelled = echo.whisper({ secret }, { metadata: { wait: "yes" }, signal: cancel.signal });
  cancel.abort(new Error(`${secret} is why`));
  expect(await reasonOf(cancelled)).toBe("CANCELLED");
  // Many fragments, each of them secret.
  const long = secret.repeat(20_000);
  expect((await echo.whisper({ secret: long })).digest).toBe(`${long} in an answer`);
}

/** The same in the open. */
async function tellPlainly({ plugin, echo }: Tapped): Promise<void> {
  expect((await echo.say({ text: plain })).text).toBe(plain);
  const heard: string[] = [];
  plugin.subscribe(({ body }) => void heard.push(GetResponseCodec.read(body, 0, body.length).value));
  await echo.act({ action: "publish", argument: `${plain} event` });
  expect(heard).toEqual([`${plain} event`]);
}

const token = (plugin: Plugin): string =>
  lab.records
    .find(({ pluginId, message }) => pluginId === plugin.id && message.startsWith("token "))!
    .message.slice("token ".length);

describe("what somebody on the wire reads", () => {
  test("under `none`: no secret, since no sensitive method can be called", async () => {
    const tapped = await launch("none");
    expect(tapped.plugin.encryption).toBe("none");
    expect(await reasonOf(tapped.echo.whisper({ secret }))).toBe("SEAL_REQUIRED");
    await tellPlainly(tapped);
    expect([tapped.proxy.shows(secret), tapped.proxy.shows(plain)]).toEqual([false, true]);
    expect(tapped.proxy.shows(token(tapped.plugin))).toBe(false);
    await tapped.plugin.close();
  });

  test("under `sensitive`: all but what is sensitive", async () => {
    const tapped = await launch("sensitive");
    expect(tapped.plugin.encryption).toBe("sensitive");
    await tellSecrets(tapped.echo);
    await tellPlainly(tapped);
    expect([tapped.proxy.shows(secret), tapped.proxy.shows(plain)]).toEqual([false, true]);
    for (const told of ["NOT_TOLD", "in a hint", "in an answer", "in metadata", "is not to be told", "is why"]) {
      expect(tapped.proxy.shows(told), told).toBe(false);
    }
    expect(tapped.proxy.shows(token(tapped.plugin))).toBe(false);
    await tapped.plugin.close();
  });

  test.each([
    ["the daemon's", "everything", undefined],
    ["the plugin's demand", "sensitive", "everything"],
  ] as const)("under `everything`, %s: nothing at all", async (_, encryption, demanded) => {
    const tapped = await launch(encryption, demanded);
    expect(tapped.plugin.encryption).toBe("everything");
    await tellSecrets(tapped.echo);
    await tellPlainly(tapped);
    await tapped.plugin.ping();
    await tapped.plugin.close();
    const { proxy } = tapped;
    for (const told of [secret, plain, "NOT_TOLD", "lab.", "whisper", "STOPPING", "hint", token(tapped.plugin)]) {
      expect(proxy.shows(told), told).toBe(false);
    }
    // Behind the handshake and the registration, which is ENCRYPTED, there is nothing but Sealed frames.
    const { Handshake, PluginRegister, Response, Sealed } = FrameType;
    const behind = { toDaemon: [Handshake, Handshake, PluginRegister], toPlugin: [Handshake, Response] };
    for (const direction of ["toDaemon", "toPlugin"] as const) {
      const types = typesOf(proxy, direction);
      const opening = behind[direction];
      expect(types.slice(0, opening.length)).toEqual(opening);
      expect(new Set(types.slice(opening.length))).toEqual(new Set([Sealed]));
    }
    expect(proxy.bytes("toPlugin").subarray(0, 36).readUInt16BE(2)).toBe(0);
  });
});

const flip = (frame: Buffer, bit: number): Buffer => {
  frame[bit >> 3]! ^= 1 << (bit & 7);
  return frame;
};
/** A bit in each part of a frame of this size; all of them are flipped in test/property/session/sealed.property.test.ts. */
const places: Readonly<Record<string, readonly [bit: (size: number) => number, reason: string]>> = {
  "the version": [() => 0, "BAD_VERSION"],
  "the timestamp, with the checksum made true": [() => 8 * 31, "BAD_SEAL"],
  "what is sealed, with the checksum made true": [() => 8 * 36, "BAD_SEAL"],
  "the tag": [(size) => 8 * (size - 9) + 7, "BAD_CHECKSUM"],
  "the checksum": [(size) => 8 * size - 1, "BAD_CHECKSUM"],
};

describe("what somebody on the wire changes", () => {
  const cases = (["toPlugin", "toDaemon"] as const).flatMap((direction) =>
    Object.entries(places).map(([place, [bitOf, reason]]) => ({ place, direction, bitOf, reason })),
  );

  test.each(cases)("$place, $direction: $reason, and nothing is delivered", async ({ direction, bitOf, reason }) => {
    const { plugin, echo, proxy } = await launch("everything");
    expect((await echo.say({ text: plain })).text).toBe(plain);
    let changed = 0;
    proxy.change = (frame, way) => {
      if (way !== direction || frame[1] !== FrameType.Sealed || changed++ > 0) return frame;
      flip(frame, bitOf(frame.length));
      if (reason === "BAD_SEAL") writeChecksum(frame, 0, frame.length - 8);
      return frame;
    };
    expect(["SESSION_CLOSED", "PEER_LOST"]).toContain(await reasonOf(echo.say({ text: plain })));
    expect(changed).toBeGreaterThan(0);
    const ends = (): string[] =>
      lab.records
        .filter(({ pluginId, message }) => pluginId === plugin.id && message.startsWith("session of"))
        .map((record) => record.reason!);
    await until(() => ends().length > 0, "the end of the session");
    // The same reason at both ends: whoever found it has told the other, sealed too.
    expect(ends()).toEqual([reason]);
    expect(proxy.shows(reason)).toBe(false);
    await plugin.exited;
  });
});
