import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { frameAddress } from "../../../runtime/typescript/src/checksum/frame-memory.js";
import { systemClock } from "../../../runtime/typescript/src/clock/clock.js";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { FrameType } from "../../../runtime/typescript/src/frame/frame.js";
import { StreamCodec } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { Link, type LinkHandler } from "../../../runtime/typescript/src/session/link.js";
import { createUnixTransport } from "../../../runtime/typescript/src/transport/node/unix.js";
import type { Connection } from "../../../runtime/typescript/src/transport/transport.js";
import { freeBlocks } from "../../suites/free-blocks.js";

// Blocks of the memory of frames belong to connections that are busy, and come back whatever becomes of those.

const folder = mkdtempSync(join(tmpdir(), "crucible-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function connect(name: string): Promise<readonly [Connection, Connection]> {
  const transport = createUnixTransport();
  const address = `unix:${join(folder, `${name}.sock`)}`;
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

const options = { clock: systemClock, frameTimeoutMs: 10_000 };

/** Sends `count` messages of a size and resolves when they have come; then both ends have been busy. */
async function transfer(sender: Link, arrived: () => number, count: number, size: number): Promise<void> {
  const until = arrived() + count;
  for (let i = 0; i < count; i++) {
    const start = sender.writer.begin(FrameType.Stream, 0, i + 1, size + 1024);
    const end = StreamCodec.write({ body: new Uint8Array(size).fill(i) }, sender.writer.arena, start);
    sender.sendMany(end, size, false);
  }
  while (arrived() < until) await new Promise((resolve) => setTimeout(resolve, 1));
}

test.each(["close", "abort", "never read"] as const)("come back when a connection ends: %s", async (ending) => {
  const before = freeBlocks();
  for (let round = 0; round < 5; round++) {
    const [from, to] = await connect(`${ending}${round}`.replaceAll(" ", "-"));
    let arrived = 0;
    const ends: (() => void)[] = [];
    const ended = Promise.all([0, 1].map(() => new Promise<void>((resolve) => ends.push(resolve))));
    const handler: LinkHandler = {
      checkHeader: () => 1_048_576,
      onFrame: () => {
        arrived++;
      },
      onClosed: () => {},
    };
    const counted = (connection: Connection): Connection =>
      new Proxy(connection, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key, target);
          if (key === "start") {
            return (link: Link) => {
              const onClose = link.onClose.bind(link);
              link.onClose = (error) => {
                onClose(error);
                ends.pop()?.();
              };
              target.start(link);
            };
          }
          return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
        },
      });
    const [sender, receiver] = [new Link(counted(from), handler, options), new Link(counted(to), handler, options)];
    sender.start();
    receiver.start();
    await transfer(sender, () => arrived, 40, 30_000);
    expect(frameAddress(sender.writer.arena)).toBeGreaterThanOrEqual(0);
    expect(freeBlocks()).toBeLessThan(before);
    // What never leaves, since the other end is stopped, lies in several blocks.
    if (ending === "never read") void transfer(sender, () => Infinity, 40, 60_000);
    if (ending === "close") sender.close(new CrucibleError("SHUTTING_DOWN", "enough"));
    else sender.abort(new CrucibleError("PEER_LOST", "enough"));
    await ended;
    expect(freeBlocks()).toBe(before);
  }
});

test("come back when a connection rests", async () => {
  const before = freeBlocks();
  const [from, to] = await connect("rest");
  let arrived = 0;
  const handler: LinkHandler = {
    checkHeader: () => 1_048_576,
    onFrame: () => {
      arrived++;
    },
    onClosed: () => {},
  };
  const [sender, receiver] = [new Link(from, handler, options), new Link(to, handler, options)];
  sender.start();
  receiver.start();
  await transfer(sender, () => arrived, 10, 10_000);
  const busy = freeBlocks();
  expect(busy).toBeLessThan(before);
  sender.rest();
  expect(freeBlocks()).toBe(busy + 1);
  await transfer(sender, () => arrived, 10, 10_000);
  sender.abort(new CrucibleError("PEER_LOST", "enough"));
  receiver.abort(new CrucibleError("PEER_LOST", "enough"));
});
