import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import { decodeCredit } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { ManualClock } from "../../suites/manual-clock.js";
import { Echo } from "../../suites/peers.js";
import {
  cancel,
  expectEnd,
  failure,
  halfClose,
  opening,
  pair,
  RawEnd,
  type RawEndOptions,
  type RawFrame,
  request,
  response,
  type SeenFrame,
  streamed,
} from "../../suites/raw-end.js";
import { never, text } from "../../suites/shorthand.js";

// PROTOCOL.md, section 10.2, against a live session. All calls of a direction share `advanceBytes`.

const windowBytes = 65_536;
const advanceBytes = 100_000;
const cost = ({ payload }: RawFrame | SeenFrame): number => 44 + payload!.length;
const short = async (): Promise<{ key: string; value: string }> => ({ key: "k", value: "v" });
const rawEnd = (options: RawEndOptions = {}): RawEnd => new RawEnd({ agreed: { advanceBytes }, ...options });
/** A Stream that costs so much. */
const sized = (id: number, wanted: number): RawFrame => {
  const frame = streamed(id, pair("k", text(wanted - 100)));
  return streamed(id, pair("k", text(wanted - 100 + wanted - cost(frame))));
};

describe("what is received", () => {
  /** A Request that owes more than half of the advance: of two there is one too many. */
  const large = (id: number, init = {}): RawFrame => request(id, "unary", { body: pair("k", text(120_000)), ...init });

  test("may use it to its last byte", async () => {
    const raw = rawEnd({ handlers: { up: never } });
    const open = opening(1);
    await raw.exchange(open, sized(1, windowBytes + advanceBytes - cost(open)));
    expect(raw.closed).toBeUndefined();
    await raw.exchange(halfClose(1));
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test.each<readonly [string, RawFrame[]]>([
    ["by one byte", [opening(1), sized(1, windowBytes + advanceBytes - cost(opening(1)) + 1)]],
    ["by two calls together", [opening(1), opening(3), sized(1, 120_000), sized(3, 120_000)]],
    ["by a call that owes already", [opening(1), sized(1, 120_000), sized(1, 60_000)]],
    ["by a Request", [request(1, "unary", { body: pair("k", text(170_000)) })]],
  ])("may not exceed it: %s", async (_, frames) => {
    const raw = rawEnd({ handlers: { up: never, unary: never } });
    await raw.exchange(...frames);
    expectEnd(raw, "CREDIT_EXCEEDED");
  });

  test.each<readonly [string, RawEndOptions["handlers"], (id: number) => RawFrame[]]>([
    ["an answer", { unary: short }, (id) => [large(id)]],
    ["a failure", { unary: () => Promise.reject(new Error("no")) }, (id) => [large(id)]],
    ["a refusal", {}, (id) => [large(id, { methodId: 1 })]],
    ["a Cancel", { unary: never }, (id) => [large(id), cancel(id)]],
    ["a Cancel before it is whole", {}, (id) => [{ ...large(id), flags: Flag.More }, cancel(id)]],
    [
      "an answer to fragments",
      { unary: short },
      (id) => {
        const { payload, ...frame } = large(id);
        return [
          { ...frame, flags: Flag.More, payload: payload!.slice(0, 110_000) },
          { ...frame, payload: payload!.slice(110_000) },
        ];
      },
    ],
    [
      "a refusal of fragments",
      {},
      (id) => {
        const { payload, ...frame } = large(id, { methodId: 1 });
        return [
          { ...frame, flags: Flag.More, payload: payload!.slice(0, 110_000) },
          { ...frame, payload: payload!.slice(110_000) },
        ];
      },
    ],
  ])("owes nothing behind %s", async (_, handlers, frames) => {
    const raw = rawEnd(handlers === undefined ? {} : { handlers });
    for (let id = 1; id < 20; id += 2) {
      await raw.exchange(...frames(id));
      expect(raw.closed).toBeUndefined();
      const ends = raw.seen.filter((frame) => frame.id === id && (frame.flags & Flag.EndStream) !== 0);
      expect(ends).toHaveLength(1);
    }
  });

  test("owes less by what is granted, and is granted what is taken", async () => {
    const raw = rawEnd({
      handlers: {
        async up(requests) {
          for await (const _ of requests);
          return { key: "k", value: "v" };
        },
      },
    });
    let sent = cost(opening(1));
    await raw.exchange(opening(1));
    for (let i = 0; i < 10; i++) {
      await raw.exchange(sized(1, 150_000));
      sent += 150_000;
    }
    expect(raw.closed).toBeUndefined();
    const granted = raw.of(FrameType.Credit, 1).reduce((sum, { payload }) => sum + decodeCredit(payload).bytes, 0);
    expect(granted).toBeGreaterThan(sent - 32_768);
  });

  test("has no part in it as an event", async () => {
    const raw = rawEnd();
    raw.peer.subscribe(never);
    await raw.exchange({ type: FrameType.Event, id: 1, payload: new Uint8Array(65_600) });
    expectEnd(raw, "CREDIT_EXCEEDED");
  });
});

describe("what is sent", () => {
  const ask = (raw: RawEnd, size: number, signal?: AbortSignal): Promise<string> =>
    raw.peer
      .client(Echo)
      .unary({ key: "k", value: text(size) }, signal === undefined ? {} : { signal })
      .then(
        () => "answered",
        (error: { reason: string }) => error.reason,
      );
  const requests = (raw: RawEnd, id: number): number[] => raw.of(FrameType.Request, id).map(cost);

  test("leaves at once, and in one frame, and owes no more than it leaves of it", async () => {
    const raw = rawEnd();
    const asked = [ask(raw, 110_000), ask(raw, 110_000), ask(raw, 110_000)];
    await raw.exchange();
    expect(requests(raw, 2)).toHaveLength(1);
    const owed = [2, 4, 6].map((id) => requests(raw, id).reduce((sum, one) => sum + one, 0) - windowBytes);
    expect(owed[0]).toBeGreaterThan(44_000);
    let left = advanceBytes;
    for (const one of owed) {
      expect(one).toBeGreaterThan(0);
      left -= one;
      expect(one).toBeLessThanOrEqual(left);
    }
    await raw.exchange(response(2, pair()), failure(4, "NO"), response(6, pair()));
    expect(await Promise.all(asked)).toEqual(["answered", "NO", "answered"]);
    for (let id = 8; id < 28; id += 2) {
      const more = ask(raw, 110_000);
      await raw.exchange();
      expect(requests(raw, id)).toHaveLength(1);
      await raw.exchange(response(id, pair()));
      expect(await more).toBe("answered");
    }
  });

  test("owes until its Cancel has left", async () => {
    const clock = new ManualClock();
    const raw = rawEnd({ clock, peerLimits: { maxCalls: 2 } });
    /** Asks for something and no longer wants it. */
    const leave = async (): Promise<void> => {
      const controller = new AbortController();
      const asked = ask(raw, 110_000, controller.signal);
      await raw.exchange();
      controller.abort();
      expect(await asked).toBe("CANCELLED");
      await raw.exchange();
    };
    // As many Cancels as may leave at once.
    for (const id of [2, 4]) {
      await leave();
      expect(requests(raw, id)).toHaveLength(1);
      expect(raw.of(FrameType.Cancel, id)).toHaveLength(1);
      await raw.exchange(failure(id, "CANCELLED"));
    }
    await leave();
    expect(requests(raw, 6)).toHaveLength(1);
    expect(raw.of(FrameType.Cancel, 6)).toEqual([]);
    const owed = requests(raw, 6)[0]! - windowBytes;
    const next = ask(raw, 110_000);
    await raw.exchange();
    expect(requests(raw, 8)[0]! - windowBytes).toBeLessThanOrEqual((advanceBytes - owed) / 2);
    await raw.exchange(response(8, pair()));
    expect(await next).toBe("answered");
    clock.advance(1_000);
    await raw.exchange(failure(6, "CANCELLED"));
    expect(raw.of(FrameType.Cancel, 6)).toHaveLength(1);
    const last = ask(raw, 110_000);
    await raw.exchange();
    expect(requests(raw, 10)).toHaveLength(1);
    await raw.exchange(response(10, pair()));
    expect(await last).toBe("answered");
  });

  test("is cut as without it where nothing was agreed on", async () => {
    const raw = new RawEnd();
    const asked = ask(raw, 110_000);
    await raw.exchange();
    expect(requests(raw, 2)).toEqual([windowBytes]);
    await raw.exchange(response(2, pair()));
    expect(await asked).toBe("answered");
  });
});
