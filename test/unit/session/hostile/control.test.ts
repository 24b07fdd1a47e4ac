import { describe, expect, test } from "vitest";
import { Flag, FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import {
  decodeCapabilityReport,
  decodeHealthReport,
  decodeHeartbeat,
  encodeCapabilityQuery,
  encodeHealthCheck,
  encodeHeartbeat,
  HealthStatus,
} from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import {
  decodeResponse,
  encodeAck,
  encodeResponse,
} from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { control, expectAlive, failure, RawEnd, type RawFrame, response } from "../../../suites/raw-end.js";
import { bytes, reasonOf } from "../../../suites/shorthand.js";

// PROTOCOL.md, section 16, against a live session: requests that no handler answers.

const heartbeat = (id: number, nonce = 1n): RawFrame => control(FrameType.Heartbeat, id, encodeHeartbeat({ nonce }));

const answerOf = (raw: RawEnd, id: number): Uint8Array =>
  decodeResponse(raw.of(FrameType.Response, id)[0]!.payload).body!;

describe("control requests", () => {
  test("a Heartbeat is answered with its nonce", async () => {
    const raw = new RawEnd();
    await raw.exchange(heartbeat(1, 2n ** 63n));
    expect(decodeHeartbeat(answerOf(raw, 1)).nonce).toBe(2n ** 63n);
    expect(raw.of(FrameType.Response, 1)[0]!.flags).toBe(Flag.EndStream);
  });

  test.each<readonly [string, RawFrame]>([
    ["a Heartbeat", control(FrameType.Heartbeat, 1, bytes(0xff))],
    ["a HealthCheck", control(FrameType.HealthCheck, 1, bytes(0xff))],
    ["a CapabilityQuery", control(FrameType.CapabilityQuery, 1, bytes(0x0a, 1, 0xff))],
  ])("%s that does not decode fails alone", async (_what, frame) => {
    const raw = new RawEnd();
    await raw.exchange(frame);
    expect(["BAD_ENVELOPE", "DECODE_INVALID"]).toContain(raw.reasons(1)[0]);
    await expectAlive(raw, 3);
  });

  test("what is large in a request does not come back in its answer", async () => {
    const raw = new RawEnd({ capabilities: ["a"] });
    // An unknown field of 65,000 bytes, and one capability asked for thousands of times.
    const padding = new Uint8Array(65_000);
    padding.set([0x7a, 0xe4, 0xfb, 0x03]);
    await raw.exchange(
      control(FrameType.Heartbeat, 1, padding),
      control(
        FrameType.CapabilityQuery,
        3,
        encodeCapabilityQuery({ capabilities: Array(20_000).fill("a") as string[] }),
      ),
    );
    expect(answerOf(raw, 1).length).toBeLessThan(20);
    expect(decodeCapabilityReport(answerOf(raw, 3)).granted).toEqual(["a"]);
  });

  test("those that are not supported: METHOD_UNKNOWN", async () => {
    const raw = new RawEnd();
    await raw.exchange(control(FrameType.ResourceRequest, 1), control(FrameType.PluginUnregister, 3));
    expect([raw.reasons(1), raw.reasons(3)]).toEqual([["METHOD_UNKNOWN"], ["METHOD_UNKNOWN"]]);
    await expectAlive(raw, 5);
  });

  test("HealthCheck knows what is hosted", async () => {
    const raw = new RawEnd();
    const services = ["", "test.v1.Echo", "test.v1.Other"];
    await raw.exchange(
      ...services.map((service, i) => control(FrameType.HealthCheck, 2 * i + 1, encodeHealthCheck({ service }))),
    );
    const status = services.map((_, i) => decodeHealthReport(answerOf(raw, 2 * i + 1)).status);
    expect(status).toEqual([HealthStatus.SERVING, HealthStatus.SERVING, HealthStatus.SERVICE_UNKNOWN]);
  });

  test("a MetricsReport is read and dropped, an Ack of unknown ids ignored", async () => {
    const raw = new RawEnd();
    await raw.exchange(
      { type: FrameType.MetricsReport },
      { type: FrameType.Ack, payload: encodeAck({ messageIds: [1n, 2n, 2n ** 64n - 1n] }) },
    );
    expect(raw.seen).toHaveLength(0);
    await expectAlive(raw, 1);
  });

  test("a side has one Heartbeat unanswered, however often it is asked", async () => {
    const raw = new RawEnd();
    const rounds = Array.from({ length: 50 }, () => raw.peer.session.ping());
    await raw.exchange();
    const sent = raw.of(FrameType.Heartbeat);
    expect(sent).toHaveLength(1);
    const body = sent[0]!.payload;
    await raw.exchange({ ...response(sent[0]!.id), payload: encodeResponse({ body }) });
    expect((await Promise.all(rounds)).every((ms) => ms >= 0)).toBe(true);
    const another = raw.peer.session.ping();
    await raw.exchange();
    expect(raw.of(FrameType.Heartbeat)).toHaveLength(2);
    raw.close();
    expect(await reasonOf(another)).toBe("PEER_LOST");
    expect(await reasonOf(raw.peer.session.ping())).toBe("PEER_LOST");
  });

  test("an answer with another nonce, an Error, or no answer at all", async () => {
    const raw = new RawEnd();
    for (const [i, frame] of [
      response(0, encodeHeartbeat({ nonce: 99n })),
      failure(0, "X"),
      response(0, bytes(0xff)),
    ].entries()) {
      const round = reasonOf(raw.peer.session.ping());
      await raw.exchange();
      await raw.exchange({ ...frame, id: raw.of(FrameType.Heartbeat)[i]!.id });
      expect(await round).toBe(["DECODE_INVALID", "X", "DECODE_INVALID"][i]);
    }
    await expectAlive(raw, 1);
  });
});
