// How the runner and its testee talk: messages on pipes, each behind its length in four bytes, little-endian.
import { readSync, writeSync } from "node:fs";

/** The next message; undefined at the end of the input. */
export function readMessage(fd: number): Uint8Array | undefined {
  const head = new Uint8Array(4);
  if (!fill(fd, head)) return undefined;
  const message = new Uint8Array(new DataView(head.buffer).getUint32(0, true));
  if (!fill(fd, message)) throw new Error("the input ends within a message");
  return message;
}

/** Writes one message. */
export function writeMessage(fd: number, message: Uint8Array): void {
  const bytes = new Uint8Array(4 + message.length);
  new DataView(bytes.buffer).setUint32(0, message.length, true);
  bytes.set(message, 4);
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** Fills the buffer; false when the input ends before the first byte. */
function fill(fd: number, buffer: Uint8Array): boolean {
  let at = 0;
  while (at < buffer.length) {
    const count = readSync(fd, buffer, at, buffer.length - at, null);
    if (count === 0) {
      if (at === 0) return false;
      throw new Error("the input ends within a message");
    }
    at += count;
  }
  return true;
}
