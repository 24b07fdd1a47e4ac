import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { Echo } from "../../../suites/peers.js";
import {
  cancel,
  credit,
  expectAlive,
  expectEnd,
  failure,
  halfClose,
  opening,
  pair,
  RawEnd,
  type RawFrame,
  request,
  response,
  streamed,
} from "../../../suites/raw-end.js";
import { never, reasonOf, text } from "../../../suites/shorthand.js";

// PROTOCOL.md, section 14.3, against a live session: calls that are sealed, and calls that are not.

describe("sealed calls", () => {
  test.each<readonly [string, (RawFrame & { readonly sealed?: boolean })[]]>([
    ["a sensitive method in clear", [request(1, "secret")]],
    ["another method sealed", [{ ...request(1), sealed: true }]],
    ["a stream sealed", [{ ...opening(1), sealed: true }]],
    ["a sealed Stream of a clear call", [opening(1), { ...streamed(1), sealed: true }]],
    ["a sealed Cancel of a clear call", [opening(1), { ...cancel(1), sealed: true }]],
    ["a clear fragment of a sealed Request", [{ ...request(1, "secret"), flags: Flag.More, sealed: true }, request(1)]],
    [
      "a sealed fragment of a clear Request",
      [
        { ...request(1), flags: Flag.More },
        { ...request(1), sealed: true },
      ],
    ],
    ["a clear Cancel of a sealed Request", [{ ...request(1, "secret"), flags: Flag.More, sealed: true }, cancel(1)]],
  ])("%s: SEAL_REQUIRED", async (_what, frames) => {
    const raw = new RawEnd({ handlers: { up: never } });
    await raw.exchange(...frames);
    expectEnd(raw, "SEAL_REQUIRED");
  });

  test.each<readonly [string, RawFrame]>([
    ["a clear Response", response(2, pair())],
    ["a clear Error", failure(2, "X")],
    ["a clear Stream", streamed(2)],
    ["a clear half-close", halfClose(2)],
  ])("%s to a sensitive call of this side: SEAL_REQUIRED", async (_what, frame) => {
    const raw = new RawEnd();
    const answer = reasonOf(raw.peer.client(Echo).secret({ key: "k", value: "v" }));
    await raw.exchange();
    expect(raw.of(FrameType.Request)[0]!.flags & Flag.Encrypted).toBe(Flag.Encrypted);
    await raw.exchange(frame);
    expectEnd(raw, "SEAL_REQUIRED");
    expect(await answer).toBe("SESSION_CLOSED");
  });

  test("a sealed call is sealed throughout, its Credit in clear", async () => {
    const raw = new RawEnd({ handlers: { secret: () => ({ key: "k", value: text(100_000) }) } });
    await raw.exchange({ ...request(1, "secret"), sealed: true }, credit(1, 65_536));
    const answer = raw.of(FrameType.Response, 1);
    expect(answer.length).toBeGreaterThan(1);
    expect(answer.every(({ flags }) => (flags & Flag.Encrypted) !== 0)).toBe(true);
    // The cost of sealed frames is that of their clear payload.
    expect(answer.reduce((sum, { payload }) => sum + payload.length, 0)).toBeGreaterThan(100_000);
  });

  test("sealed control frames are taken", async () => {
    const raw = new RawEnd();
    await raw.exchange({ type: FrameType.Heartbeat, id: 1, sealed: true }, { ...credit(0, 1), sealed: true });
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
    await expectAlive(raw, 3);
  });
});
