import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { encodeCredit } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { Echo } from "../../../suites/peers.js";
import {
  begun,
  cancel,
  control,
  credit,
  type EndingRow,
  event,
  expectAlive,
  expectEnd,
  failure,
  fragment,
  halfClose,
  opening,
  pair,
  RawEnd,
  type RawFrame,
  request,
  response,
  shutdown,
  streamed,
  turns,
} from "../../../suites/raw-end.js";
import { bytes } from "../../../suites/shorthand.js";

// PROTOCOL.md, section 6.1, against a live session: ids that go back, of another side, of nothing.

const eventId = new Uint8Array(16).fill(7);

describe("message ids", () => {
  test.each<EndingRow>([
    ["an id above 2^53-1", [{ ...request(1), id: 2n ** 53n + 1n }], "BAD_MESSAGE_ID"],
    ["0 that opens", [{ ...request(1), id: 0 }], "BAD_MESSAGE_ID"],
    ["0 in a Heartbeat", [control(FrameType.Heartbeat, 0)], "BAD_MESSAGE_ID"],
    ["0 in an Event", [{ ...event(1, "a", eventId), id: 0 }], "BAD_MESSAGE_ID"],
    ["0 in a Stream", [{ ...streamed(1), id: 0 }], "BAD_MESSAGE_ID"],
    ["0 in a Cancel", [{ ...cancel(1), id: 0 }], "BAD_MESSAGE_ID"],
    ["0 in a Response", [{ ...response(2), id: 0 }], "BAD_MESSAGE_ID"],
    ["an id in a Shutdown", [{ ...shutdown(0), id: 1 }], "BAD_MESSAGE_ID"],
    ["an id in an Ack", [{ type: FrameType.Ack, id: 1 }], "BAD_MESSAGE_ID"],
    ["an id in a MetricsReport", [{ type: FrameType.MetricsReport, id: 1 }], "BAD_MESSAGE_ID"],
    ["a Request with the receiver's parity", [request(2)], "BAD_MESSAGE_ID"],
    ["an Event with the receiver's parity", [event(2, "a", eventId)], "BAD_MESSAGE_ID"],
    ["a Heartbeat with the receiver's parity", [control(FrameType.Heartbeat, 2)], "BAD_MESSAGE_ID"],
    ["a Response of the opener", [opening(1), response(1, pair())], "BAD_MESSAGE_ID"],
    ["an Error of the opener", [opening(1), failure(1, "X")], "BAD_MESSAGE_ID"],
    ["a Cancel of the callee", [cancel(2)], "BAD_MESSAGE_ID"],
    ["a Response to what was never opened", [response(2, pair())], "BAD_MESSAGE_ID"],
    ["an Error of what was never opened", [failure(2, "X")], "BAD_MESSAGE_ID"],
    ["a Stream of what was never opened", [streamed(1)], "BAD_MESSAGE_ID"],
    ["a Cancel of what was never opened", [cancel(1)], "BAD_MESSAGE_ID"],
    ["a Credit of what was never opened", [credit(1, 1)], "BAD_MESSAGE_ID"],
    ["a Credit of the other side's future", [credit(2, 1)], "BAD_MESSAGE_ID"],
    ["an undecodable Cancel of what was never opened", [{ ...cancel(1), payload: bytes(0xff) }], "BAD_MESSAGE_ID"],
    ["an empty Credit of what was never opened", [credit(1, 0)], "BAD_MESSAGE_ID"],
    ["a second Request of a live id", [opening(1), opening(1)], "BAD_MESSAGE_ID"],
    ["an Event of a live id", [opening(1), event(1, "a", eventId)], "BAD_MESSAGE_ID"],
    ["a Heartbeat of a live id", [opening(1), control(FrameType.Heartbeat, 1)], "BAD_MESSAGE_ID"],
    ["a Heartbeat of an ended id", [request(1), control(FrameType.Heartbeat, 1)], "BAD_MESSAGE_ID"],
    ["a Heartbeat below the highest", [request(5), control(FrameType.Heartbeat, 3)], "BAD_MESSAGE_ID"],
    ["a Stream of a live event", [fragment(FrameType.Event, 1), streamed(1)], "BAD_MESSAGE_ID"],
    ["a Credit of a live event", [fragment(FrameType.Event, 1), credit(1, 1)], "BAD_MESSAGE_ID"],
    ["a Cancel of a live event", [fragment(FrameType.Event, 1), cancel(1)], "BAD_MESSAGE_ID"],
    ["a Request of a live event", [fragment(FrameType.Event, 1), request(1)], "BAD_MESSAGE_ID"],
  ])("%s", async (_what, frames, reason) => {
    const raw = new RawEnd();
    await raw.exchange(...frames);
    expectEnd(raw, reason);
  });

  test.each([FrameType.Stream, FrameType.Credit] as const)("type %i of a live control request", async (type) => {
    const raw = new RawEnd();
    const round = raw.peer.session.ping().catch(() => 0);
    await turns();
    const { id } = raw.of(FrameType.Heartbeat)[0]!;
    await raw.exchange({ type, id, payload: type === FrameType.Credit ? encodeCredit({ bytes: 1 }) : bytes() });
    expectEnd(raw, "BAD_MESSAGE_ID");
    await round;
  });

  test("gaps are lawful", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1), request(1001), request(2 ** 53 - 1));
    expect(raw.of(FrameType.Response).map(({ id }) => id)).toEqual([1, 1001, 2 ** 53 - 1]);
  });

  test("late frames are dropped silently and cost nothing", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(9));
    const large = new Uint8Array(60_000);
    const late: RawFrame[] = [
      request(1),
      request(9),
      begun(3),
      { ...begun(3), flags: 0 },
      streamed(9),
      { ...streamed(9), payload: large },
      { ...streamed(9), payload: large },
      { ...streamed(9), payload: large },
      { ...streamed(9), sealed: true },
      halfClose(9),
      credit(9, 10),
      credit(9, 0),
      credit(7, 2 ** 31 - 1),
      credit(7, 2 ** 31 - 1),
      cancel(9),
      { ...cancel(9), payload: bytes(0xff) },
      event(5, "a", eventId),
      { ...event(5, "a", eventId), flags: Flag.More },
    ];
    await raw.exchange(...late);
    expect(raw.seen).toHaveLength(1);
    await expectAlive(raw, 11);
  });

  test("late answers to a call of this side are dropped silently", async () => {
    const raw = new RawEnd();
    const answer = raw.peer.client(Echo).unary({ key: "k", value: "v" });
    await raw.exchange();
    await raw.exchange(response(2, pair("a", "b")), response(2, pair("c", "d")), failure(2, "X"), streamed(2));
    await raw.exchange({ ...response(2, pair()), flags: Flag.More }, { ...response(2), sealed: true });
    expect(await answer).toMatchObject({ key: "a", value: "b" });
    await expectAlive(raw, 1);
  });
});
