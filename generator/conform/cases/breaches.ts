// What a peer may not send. Each ends the connection with the reason that PROTOCOL.md names.
import { Call, echoRequest, expectAlive, requestHead } from "../calls.js";
import type { ConformanceCase } from "../case.js";
import { encodeHeader, finishFrame, Flag, FrameType } from "../wire/frame.js";
import { field } from "../wire/protobuf.js";
import type { Sending } from "../wire/connection.js";
import type { Session } from "../wire/session.js";

const request = Buffer.concat([requestHead("Echo", {}), field(15, Buffer.alloc(0))]);
const usual = { type: FrameType.Request, flags: Flag.EndStream, payload: request };

/** A frame that breaks a rule. */
interface Breach {
  readonly name: string;
  readonly demands: string;
  readonly section: string;
  readonly reason: string;
  frame(session: Session): Sending;
}

const breaches: readonly Breach[] = [
  {
    name: "version",
    demands: "a frame of another version",
    section: "§5",
    reason: "BAD_VERSION",
    frame: (session) => ({ ...usual, id: session.nextId(), faults: { version: 2 } }),
  },
  {
    name: "reserved",
    demands: "reserved bytes that are not 0",
    section: "§5",
    reason: "BAD_RESERVED",
    frame: (session) => ({ ...usual, id: session.nextId(), faults: { reserved: 1 } }),
  },
  {
    name: "critical-flag",
    demands: "a critical flag that was not agreed on",
    section: "§4.2",
    reason: "BAD_FLAGS",
    frame: (session) => ({ ...usual, flags: Flag.EndStream | Flag.Critical, id: session.nextId() }),
  },
  {
    name: "unlawful-flag",
    demands: "a flag that the type cannot have",
    section: "§4.1",
    reason: "BAD_FLAGS",
    frame: (session) => ({ type: FrameType.Heartbeat, flags: Flag.EndStream, id: session.nextId() }),
  },
  {
    name: "type",
    demands: "a frame of an unknown type",
    section: "§4.1",
    reason: "BAD_TYPE",
    frame: (session) => ({ ...usual, type: 0x7f, id: session.nextId() }),
  },
  {
    name: "phase",
    demands: "a Handshake in an open session",
    section: "§12.5",
    reason: "BAD_PHASE",
    frame: () => ({ type: FrameType.Handshake, payload: Buffer.alloc(64) }),
  },
  {
    name: "length",
    demands: "a frame above the limit, on its header alone",
    section: "§5",
    reason: "FRAME_TOO_LARGE",
    frame: (session) => ({ ...usual, id: session.nextId(), faults: { length: 0x7fff_ffff } }),
  },
  {
    name: "checksum",
    demands: "a checksum that differs",
    section: "§4",
    reason: "BAD_CHECKSUM",
    frame: (session) => ({ ...usual, id: session.nextId(), faults: { checksum: 1n } }),
  },
  {
    name: "session",
    demands: "another session id",
    section: "§6.2",
    reason: "BAD_SESSION",
    frame: (session) => ({ ...usual, id: session.nextId(), session: session.connection.session ^ 1n }),
  },
  {
    name: "parity",
    demands: "an id that only the plugin may open",
    section: "§6.1",
    reason: "BAD_MESSAGE_ID",
    frame: () => ({ ...usual, id: 99_999 }),
  },
  {
    name: "unopened",
    demands: "an answer to what was never asked",
    section: "§6.1",
    reason: "BAD_MESSAGE_ID",
    frame: () => ({ ...usual, type: FrameType.Response, id: 99_999 }),
  },
  {
    name: "zero",
    demands: "a call with the id 0",
    section: "§6.1",
    reason: "BAD_MESSAGE_ID",
    frame: () => ({ ...usual, id: 0 }),
  },
  {
    name: "unsealed",
    demands: "a call in clear of a method that is sensitive",
    section: "§14.3",
    reason: "SEAL_REQUIRED",
    frame: (session) => ({
      ...usual,
      payload: Buffer.concat([requestHead("Whisper", {}), field(15, field(1, "psst"))]),
      id: session.nextId(),
    }),
  },
  {
    name: "sealed",
    demands: "a sealed call of a method that is not",
    section: "§14.3",
    reason: "SEAL_REQUIRED",
    frame: (session) => ({ ...usual, flags: Flag.EndStream | Flag.Encrypted, id: session.nextId() }),
  },
];

/** In order. */
export const breachCases: readonly ConformanceCase[] = [
  {
    name: "frames/split",
    demands: "takes frames however the bytes arrive",
    section: "§3",
    async run({ session }) {
      const one = await session();
      const calls = [1, 2].map(() => {
        const id = one.nextId();
        return { id, track: one.connection.track(id) };
      });
      const bytes = Buffer.concat(calls.map(({ id }) => one.connection.encode({ ...usual, id })));
      for (const at of bytes.keys()) {
        one.connection.sendBytes(bytes.subarray(at, at + 1));
        if (at % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      for (const { track } of calls) await one.connection.until("an answer", () => (track.ended ? true : undefined));
    },
  },
  {
    name: "frames/unknown-flags",
    demands: "ignores flags of the high byte that it does not know, and timestamps",
    section: "§4.2",
    async run({ session }) {
      const one = await session();
      const head = requestHead("Echo", {});
      const payload = Buffer.concat([head, field(15, echoRequest("x"))]);
      await Call.openRaw(one, "Echo", Flag.EndStream | 0xfc00 | 0x0300, payload).succeed();
      await expectAlive(one);
    },
  },
  ...breaches.map(({ name, demands, section, reason, frame }): ConformanceCase => ({
    name: `breach/${name}`,
    demands: `ends the connection with ${reason} for ${demands}`,
    section,
    ends: true,
    async run({ session }) {
      const one = await session();
      one.connection.send(frame(one));
      await one.connection.untilRefused(reason);
    },
  })),
  {
    name: "breach/seal",
    demands: "ends the connection with BAD_SEAL for a tag that is false",
    section: "§14.1",
    ends: true,
    async run({ session }) {
      const one = await session();
      const { session: number } = one.connection;
      const header = encodeHeader(
        { type: FrameType.Heartbeat, flags: Flag.Encrypted, id: one.nextId(), session: number },
        26,
      );
      one.connection.sendBytes(finishFrame(header, Buffer.alloc(26, 1)));
      await one.connection.untilRefused("BAD_SEAL");
    },
  },
];
