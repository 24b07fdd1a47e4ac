import { expect, test } from "vitest";
import { FrameType, overheadBytes } from "../../../runtime/typescript/src/frame/frame.js";
import type { Link } from "../../../runtime/typescript/src/session/link.js";
import type { Connection } from "../../../runtime/typescript/src/transport/transport.js";
import { openLink } from "../../suites/peers.js";

// When frames leave: together as far as they belong together, early enough for the other side to work meanwhile.

const frameBytes = 100;

/** A link, and how many frames each write had in it. */
function outlet(): { readonly link: Link; readonly writes: number[] } {
  const writes: number[] = [];
  const connection: Connection = {
    peer: "test",
    binding: new Uint8Array(0),
    protection: "local",
    unsentBytes: 0,
    start() {},
    write(bytes) {
      writes.push(bytes.length / frameBytes);
      return true;
    },
    close() {},
    abort() {},
  };
  return { link: openLink(connection), writes };
}

function send(link: Link, frames: number): void {
  for (let i = 0; i < frames; i++) {
    const start = link.writer.begin(FrameType.Request, 0, 2 * i + 2, 1_024);
    link.send(start + frameBytes - overheadBytes, false);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what a turn sends leaves at its end, or 2 KiB at a time where there is more", async () => {
  const { link, writes } = outlet();
  send(link, 5);
  expect(writes).toEqual([]);
  await turn();
  expect(writes).toEqual([5]);
  send(link, 50);
  expect(writes).toEqual([5, 21, 21]);
  await turn();
  expect(writes).toEqual([5, 21, 21, 8]);
});

test("where many calls are live it leaves in larger parts, in that turn, up to 16 KiB", async () => {
  const { link, writes } = outlet();
  // What is left at the end of a small arena leaves by itself: the next one is large enough for all of this.
  link.crowd(1_000);
  send(link, 200);
  await turn();
  writes.length = 0;
  link.crowd(64);
  send(link, 50);
  await turn();
  expect(writes.splice(0)).toEqual([21, 21, 8]);
  link.crowd(256);
  link.crowd(10);
  send(link, 200);
  await turn();
  expect(writes.splice(0)).toEqual([82, 82, 36]);
  send(link, 30);
  await turn();
  expect(writes.splice(0)).toEqual([21, 9]);
  link.crowd(1_000_000);
  send(link, 400);
  await turn();
  expect(writes.splice(0)).toEqual([164, 164, 72]);
});

test("what is all that is due leaves at once", async () => {
  const { link, writes } = outlet();
  link.urgent = true;
  send(link, 1);
  expect(writes).toEqual([1]);
  send(link, 1);
  expect(writes).toEqual([1]);
  await turn();
  expect(writes).toEqual([1, 1]);
});
