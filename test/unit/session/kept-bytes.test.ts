import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { systemClock } from "../../../runtime/typescript/src/clock/clock.js";
import { Flag, FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import { StreamCodec } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { Link, type LinkHandler } from "../../../runtime/typescript/src/session/link.js";
import { createUnixTransport } from "../../../runtime/typescript/src/transport/node/unix.js";
import type { Connection } from "../../../runtime/typescript/src/transport/transport.js";

// Memory that was read into is read into again, but for what somebody keeps: views of whole messages. Over a real socket,
// since that is what decides how frames are cut.

const folder = mkdtempSync(join(tmpdir(), "crucible-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const options = { clock: systemClock, frameTimeoutMs: 10_000 };
let sockets = 0;

async function connect(): Promise<readonly [Connection, Connection]> {
  const transport = createUnixTransport();
  const address = `unix:${join(folder, `${++sockets}.sock`)}`;
  let accept = (_connection: Connection): void => {};
  const accepted = new Promise<Connection>((resolve) => {
    accept = resolve;
  });
  const listener = await transport.listen(address, (connection) => accept(connection));
  const dialled = await transport.dial(address);
  const other = await accepted;
  await listener.close();
  return [dialled, other];
}

/** What the byte at `index` of message `number` is. */
const byteOf = (number: number, index: number): number => (number * 31 + index) & 0xff;

const message = fc.record({
  size: fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.constantFrom(4_090, 4_095, 4_096, 4_097, 65_480),
    fc.integer({ min: 4_000, max: 65_480 }),
  ),
  /** A fragment is handed over in the same way, and nobody keeps it. */
  fragment: fc.boolean(),
});

test("bytes that were read stay as they are for who keeps them", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 80, maxLength: 160 }), async (messages) => {
      const [from, to] = await connect();
      const kept: { readonly number: number; readonly body: Uint8Array }[] = [];
      let seen = 0;
      let told = (): void => {};
      let lost = (_cause: Error): void => {};
      const all = new Promise<void>((resolve, reject) => {
        told = resolve;
        lost = reject;
      });
      const quiet: LinkHandler = { checkHeader: () => 1_048_576, onFrame() {}, onClosed: (cause) => lost(cause) };
      const receiver = new Link(
        to,
        {
          ...quiet,
          onFrame(_type, flags, id, bytes, start, end) {
            const { body } = StreamCodec.read(bytes, start, end);
            if ((flags & Flag.More) === 0) kept.push({ number: id, body: body! });
            else expect(body!.every((byte, index) => byte === byteOf(id, index))).toBe(true);
            if (++seen === messages.length) told();
          },
        },
        options,
      );
      const sender = new Link(from, quiet, options);
      receiver.start();
      sender.start();
      for (const [i, { size, fragment }] of messages.entries()) {
        const body = Uint8Array.from({ length: size }, (_, index) => byteOf(i + 1, index));
        const start = sender.writer.begin(FrameType.Stream, fragment ? Flag.More : 0, i + 1, size + 1024);
        const end = StreamCodec.write({ body }, sender.writer.arena, start);
        sender.sendMany(end, size, false);
        if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await all;
      expect(seen).toBe(messages.length);
      const wrong = kept.filter(({ number, body }) => !body.every((byte, index) => byte === byteOf(number, index)));
      expect(wrong.map(({ number }) => number)).toEqual([]);
      expect(kept.map(({ body }) => body.length)).toEqual(
        messages.filter(({ fragment }) => !fragment).map(({ size }) => size),
      );
      from.abort();
      to.abort();
    }),
    { numRuns: 12, seed: 20_261_122 },
  );
});
