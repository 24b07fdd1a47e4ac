import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { decodeCredit } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { ManualClock } from "../../../suites/manual-clock.js";
import { Echo } from "../../../suites/peers.js";
import {
  credit,
  expectEnd,
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

// PROTOCOL.md, section 10, against a live session: windows.

describe("credit", () => {
  // A call whose handler takes nothing: what is sent stays.
  const deaf = (): RawEnd => new RawEnd({ handlers: { up: never, unary: never } });
  const cost = ({ payload }: RawFrame): number => 44 + payload!.length;
  const sized = (id: number, wanted: number): RawFrame => {
    const frame = streamed(id, pair("k", text(wanted - 100)));
    return streamed(id, pair("k", text(wanted - 100 + wanted - cost(frame))));
  };

  test("the window may be used to its last byte", async () => {
    const raw = deaf();
    const open = opening(1);
    await raw.exchange(open, sized(1, 40_000), sized(1, 65_536 - 40_000 - cost(open)));
    expect(raw.closed).toBeUndefined();
    await expectEndAfter(raw, { type: FrameType.Stream, id: 1 }, "CREDIT_EXCEEDED");
  });

  test("one byte more: CREDIT_EXCEEDED", async () => {
    const raw = deaf();
    const open = opening(1);
    await raw.exchange(open, sized(1, 40_000), sized(1, 65_536 - 40_000 - cost(open) + 1));
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test("a Request alone may exceed its window", async () => {
    const raw = deaf();
    await raw.exchange(request(1, "unary", { body: pair("k", text(65_600)) }));
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test("a Response may exceed its window too", async () => {
    const raw = new RawEnd();
    const answer = reasonOf(raw.peer.client(Echo).unary({ key: "k", value: "v" }));
    await raw.exchange();
    await raw.exchange(response(2, pair("k", text(65_600))));
    expectEnd(raw, "CREDIT_EXCEEDED");
    expect(await answer).toBe("SESSION_CLOSED");
  });

  test("events exceed the window that they share", async () => {
    const raw = new RawEnd();
    raw.peer.subscribe(never);
    const fragment = { type: FrameType.Event, payload: new Uint8Array(40_000) };
    await raw.exchange({ ...fragment, id: 1 }, { ...fragment, id: 3 });
    // No events at all, so they were dropped and their bytes granted again.
    expect(raw.closed).toBeUndefined();
    await raw.exchange({ ...fragment, id: 5, payload: new Uint8Array(65_600) });
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test.each<readonly [string, RawFrame[]]>([
    ["a grant of 0", [opening(1), credit(1, 0)]],
    ["a grant of 0 for events", [credit(0, 0)]],
    ["a window above 2^31-1", [opening(1), credit(1, 2 ** 31 - 65_536)]],
    ["in several steps", [opening(1), credit(1, 2 ** 31 - 65_537), credit(1, 1)]],
    ["of events", [credit(0, 2 ** 31 - 65_536)]],
    ["a grant above 32 bits", [opening(1), credit(1, 2 ** 32 - 1)]],
    ["of a Request that is not complete", [{ ...opening(1), flags: Flag.More }, credit(1, 0)]],
  ])("%s: BAD_CREDIT", async (_what, frames) => {
    const raw = deaf();
    await raw.exchange(...frames);
    expectEnd(raw, "BAD_CREDIT");
  });

  test("the largest window is lawful", async () => {
    const raw = deaf();
    await raw.exchange(opening(1), credit(1, 2 ** 31 - 65_537), credit(0, 2 ** 31 - 65_537));
    expect(raw.closed).toBeUndefined();
  });

  test("what the handler of a slow stream takes is granted at half a window, and adds up", async () => {
    const clock = new ManualClock();
    const raw = new RawEnd({ clock });
    const open = opening(1);
    await raw.exchange(open);
    let sent = cost(open);
    const grants = (): number[] => raw.of(FrameType.Credit, 1).map(({ payload }) => decodeCredit(payload).bytes);
    for (let i = 0; i < 40; i++) {
      const frame = sized(1, 10_000);
      sent += cost(frame);
      clock.advance(10);
      await raw.exchange(frame);
      const granted = grants().reduce((sum, one) => sum + one, 0);
      expect(granted).toBeLessThanOrEqual(sent);
      expect(sent - granted).toBeLessThan(32_768 + 10_000);
    }
    for (const one of grants()) expect(one).toBeGreaterThanOrEqual(32_768);
    await raw.exchange(halfClose(1));
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
  });

  test("windows of fast streams double up to 1 MiB, as long as the pool of the session lasts, and give it back", async () => {
    const raw = new RawEnd({ clock: new ManualClock() });
    const grown = async (id: number): Promise<number> => {
      const open = opening(id);
      let sent = cost(open);
      await raw.exchange(open);
      for (let i = 0; i < 40; i++) {
        const frame = sized(id, 60_000);
        sent += cost(frame);
        await raw.exchange(frame);
      }
      const granted = raw.of(FrameType.Credit, id).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);
      return 65_536 + granted - sent;
    };
    // What is not granted yet is less than half of the window.
    const windows = [];
    for (let id = 1; id < 2 * 18; id += 2) windows.push(await grown(id));
    for (const window of windows.slice(0, 16)) expect(window).toBeGreaterThan(524_288);
    for (const window of windows) expect(window).toBeLessThanOrEqual(1_048_576);
    expect(windows.reduce((sum, one) => sum + one - 65_536, 0)).toBeLessThanOrEqual(16_777_216);
    expect(windows.at(-1)).toBeLessThanOrEqual(524_288);
    await raw.exchange(halfClose(1));
    expect(await grown(37)).toBeGreaterThan(524_288);
  });

  test("small fragments of a Request leave its stream no larger window", async () => {
    const raw = new RawEnd({ handlers: { up: async () => never() } });
    const whole = opening(1).payload!;
    for (let i = 0; i < whole.length - 1; i++) {
      await raw.exchange({ ...opening(1), flags: Flag.More, payload: whole.slice(i, i + 1) });
    }
    await raw.exchange({ ...opening(1), payload: whole.slice(-1) });
    const granted = raw.of(FrameType.Credit, 1).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);
    expect(granted).toBeLessThanOrEqual(45 * whole.length);
  });

  test("windows that moved while a Request came in are those of its call", async () => {
    const raw = new RawEnd({
      handlers: {
        both: async function* both() {
          yield { key: "k", value: text(300_000) };
        },
      },
    });
    const whole = opening(1, "both").payload!;
    // The opener makes room for a large answer before the Request is complete.
    await raw.exchange({ ...opening(1), flags: Flag.More, payload: whole.slice(0, 3) }, credit(1, 1_000_000));
    await raw.exchange({ ...opening(1), payload: whole.slice(3) });
    const sent = raw.of(FrameType.Stream, 1).reduce((sum, { payload }) => sum + payload.length, 0);
    expect(sent).toBeGreaterThan(300_000);
  });

  test("messages that a handler no longer wants are granted all the same", async () => {
    const raw = new RawEnd({
      handlers: {
        up: async (requests) => {
          for await (const _ of requests) break;
          return never();
        },
      },
    });
    await raw.exchange(opening(1), sized(1, 20_000), sized(1, 20_000), sized(1, 20_000));
    const granted = raw.of(FrameType.Credit, 1).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);
    expect(granted).toBeGreaterThan(60_000);
    for (let i = 0; i < 10; i++) await raw.exchange(sized(1, 30_000));
    expect(raw.closed).toBeUndefined();
  });

  test("a sender stays within the window, and does not wait while more than 32,768 bytes remain", async () => {
    const raw = new RawEnd({
      handlers: {
        async *both() {
          yield { key: "k", value: text(20_000) };
          yield { key: "k", value: text(80_000) };
        },
      },
    });
    await raw.exchange(opening(1, "both"));
    const sent = (): number => raw.of(FrameType.Stream, 1).reduce((sum, frame) => sum + cost(frame), 0);
    // 45,000 remain for a message of 80,000: it is cut.
    expect(sent()).toBe(65_536);
    await raw.exchange(credit(1, 10));
    expect(sent()).toBe(65_536);
    await raw.exchange(credit(1, 40_000));
    expect(sent()).toBeGreaterThan(65_536 + 10 + 40_000 - 32_768);
    expect(sent()).toBeLessThanOrEqual(65_536 + 40_010);
  });
});

async function expectEndAfter(raw: RawEnd, frame: RawFrame, reason: string): Promise<void> {
  await raw.exchange(frame);
  expectEnd(raw, reason);
}
