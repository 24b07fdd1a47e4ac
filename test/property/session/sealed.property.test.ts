import fc from "fast-check";
import { expect, test } from "vitest";
import type { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { writeChecksum } from "../../../runtime/typescript/src/checksum/xxh64.js";
import { FrameType, headerBytes } from "../../../runtime/typescript/src/frame/frame.js";
import type { Link, LinkHandler } from "../../../runtime/typescript/src/session/link.js";
import type { Connection, Receiver } from "../../../runtime/typescript/src/transport/transport.js";
import { drawKeys, frameCiphers, type SideCiphers } from "../../suites/frame-ciphers.js";
import { ManualClock } from "../../suites/manual-clock.js";
import { openLink } from "../../suites/peers.js";

// PROTOCOL.md, Sealed: whatever is sent in whatever turns comes out the same, and what was changed on the way does not.

/** A connection that keeps what is written to it. */
class Outlet implements Connection {
  readonly peer = "test";
  readonly binding: Uint8Array = new Uint8Array(0);
  readonly protection = "local";
  readonly unsentBytes = 0;
  readonly written: Uint8Array[] = [];
  receiver!: Receiver;
  start(receiver: Receiver): void {
    this.receiver = receiver;
  }
  write(bytes: Uint8Array): boolean {
    this.written.push(bytes.slice());
    return true;
  }
  close(): void {}
  abort(): void {}
}

interface Sent {
  readonly type: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

/** A frame as text; comparing texts is fast. */
const show = ({ type, id, payload }: Sent): string => `${type} ${id} ${Buffer.from(payload).toString("latin1")}`;
const types = [FrameType.Request, FrameType.Stream, FrameType.Event, FrameType.Credit, FrameType.Cancel];
const sizes = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(4_000, 16_000, 65_000, 65_492) },
);
const frame: fc.Arbitrary<Sent> = fc
  .record({ type: fc.constantFrom(...types), id: fc.integer({ min: 1, max: 2 ** 40 }), size: sizes })
  .map(({ type, id, size }) => ({ type, id, payload: new Uint8Array(size).fill(id) }));
/** What leaves in one turn of the event loop each. */
const turns = fc.array(fc.array(frame, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 6 });

function end(ciphers: SideCiphers, handler: LinkHandler): { link: Link; outlet: Outlet; clock: ManualClock } {
  const outlet = new Outlet();
  const clock = new ManualClock();
  const link = openLink(outlet, clock, { encryption: "everything", ciphers });
  link.setHandler(handler);
  link.start();
  return { link, outlet, clock };
}

const nobody: LinkHandler = { checkHeader: () => 0, onFrame: () => {}, onClosed: () => {} };

/** What a sender makes of its turns: the bytes on the wire. */
function wireOf(ciphers: SideCiphers, sent: readonly (readonly Sent[])[]): Uint8Array {
  const { link, outlet } = end(ciphers, nobody);
  for (const turn of sent) {
    for (const { type, id, payload } of turn) {
      const start = link.writer.begin(type, 0, id, payload.length);
      link.writer.arena.set(payload, start);
      link.send(start + payload.length, false);
    }
    for (let bytes = link.writer.take(); bytes !== undefined; bytes = link.writer.take()) outlet.write(bytes);
  }
  return Buffer.concat(outlet.written);
}

/** What a receiver makes of bytes: the frames, and why it ended if it did. */
function received(
  ciphers: SideCiphers,
  wire: Uint8Array,
  chunkBytes: number,
): { readonly frames: Sent[]; readonly reason: string | undefined; readonly errors: number } {
  const frames: Sent[] = [];
  let closed: CrucibleError | undefined;
  const { outlet, clock } = end(ciphers, {
    checkHeader: () => 1_200_000,
    onFrame: (type, _flags, id, bytes, start, stop) => frames.push({ type, id, payload: bytes.slice(start, stop) }),
    onClosed: (error) => {
      closed = error;
    },
  });
  for (let at = 0; at < wire.length; at += chunkBytes) {
    outlet.receiver.onBytes(new Uint8Array(wire.subarray(at, at + chunkBytes)));
  }
  // What announces more than there is stands still.
  clock.advance(10_000);
  return { frames, reason: closed?.reason, errors: outlet.written.length };
}

test("frames come out as they went in, however turns and chunks fall, over many new keys", () => {
  fc.assert(
    fc.property(turns, fc.constantFrom(1_000_000, 65_536, 4_096, 100, 37), (sent, chunkBytes) => {
      const { daemon, plugin } = frameCiphers(drawKeys(), 3);
      const { frames, reason } = received(daemon, wireOf(plugin, sent), chunkBytes);
      expect(reason).toBeUndefined();
      expect(frames.map(show)).toEqual(sent.flat().map(show));
    }),
    { seed: 20_261_122, numRuns: 150 },
  );
});

test("nothing of what is sent can be read, and no frame is there but Sealed ones", () => {
  const { plugin } = frameCiphers();
  const secret = new TextEncoder().encode("the secret that nobody reads");
  const wire = wireOf(plugin, [[{ type: FrameType.Request, id: 1, payload: secret }]]);
  expect(Buffer.from(wire).includes(Buffer.from(secret))).toBe(false);
  expect([wire[1], wire.length]).toEqual([FrameType.Sealed, 44 + 36 + secret.length + 16]);
});

const small: readonly (readonly Sent[])[] = [
  [
    { type: FrameType.Request, id: 1, payload: new TextEncoder().encode("first") },
    { type: FrameType.Credit, id: 1, payload: Uint8Array.of(0x0d, 1, 0, 0, 0) },
  ],
  [{ type: FrameType.Stream, id: 1, payload: new TextEncoder().encode("second") }],
];

test("each flipped bit of a connection is refused with one reason, and nothing behind it is read", () => {
  const keys = drawKeys();
  const wire = wireOf(frameCiphers(keys).plugin, small);
  const firstLength = new DataView(wire.buffer, wire.byteOffset).getUint32(32);
  const firstEnd = headerBytes + firstLength + 8;
  const reasons = new Map<string, number>();
  for (let bit = 0; bit < 8 * wire.length; bit++) {
    const changed = new Uint8Array(wire);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    const { frames, reason, errors } = received(frameCiphers(keys).daemon, changed, changed.length);
    const whole = bit >> 3 < firstEnd ? 0 : 2;
    expect(frames.length, `bit ${bit}`).toBe(whole);
    expect(reason, `bit ${bit}`).toBeDefined();
    expect(errors, `bit ${bit}`).toBe(1);
    reasons.set(reason!, (reasons.get(reason!) ?? 0) + 1);
  }
  // A type or flag that became another lawful one, a length that grew or shrank, and all that only the checksum covers.
  expect([...reasons.keys()].toSorted()).toEqual([
    "BAD_CHECKSUM",
    "BAD_FLAGS",
    "BAD_RESERVED",
    "BAD_TYPE",
    "BAD_VERSION",
    "FRAME_TIMEOUT",
    "FRAME_TOO_LARGE",
    "SEAL_REQUIRED",
  ]);
  expect(reasons.get("BAD_CHECKSUM")).toBeGreaterThan(8 * (wire.length - 2 * headerBytes));
});

test("nor does an attacker get further who makes the checksum true", () => {
  const keys = drawKeys();
  const wire = wireOf(frameCiphers(keys).plugin, small);
  const firstLength = new DataView(wire.buffer, wire.byteOffset).getUint32(32);
  const payloadEnd = headerBytes + firstLength;
  const reasons = new Map<string, number>();
  for (let bit = 0; bit < 8 * payloadEnd; bit++) {
    const changed = new Uint8Array(wire);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    writeChecksum(changed, 0, payloadEnd);
    const { frames, reason } = received(frameCiphers(keys).daemon, changed, changed.length);
    expect(frames, `bit ${bit}`).toEqual([]);
    expect(reason, `bit ${bit}`).toBeDefined();
    reasons.set(reason!, (reasons.get(reason!) ?? 0) + 1);
  }
  expect(reasons.get("BAD_SEAL")).toBeGreaterThan(8 * firstLength);
});
