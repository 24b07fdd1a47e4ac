import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toArenaSocket } from "../../../../runtime/typescript/src/transport/node/arena-socket.js";

let folder: string;
let server: Server;
let accepted: Promise<Socket>;
let client: Socket;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "crucible-arena-"));
  const path = join(folder, "s.sock");
  server = createServer({ pauseOnConnect: true });
  accepted = new Promise((resolve) => {
    server.once("connection", resolve);
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  client = connect(path);
});

afterEach(() => {
  client.destroy();
  server.close();
  rmSync(folder, { recursive: true });
});

function gather(): { readonly onRead: (chunk: Uint8Array) => number; text(length: number): Promise<string> } {
  let text = "";
  let told = (): void => {};
  return {
    onRead(chunk) {
      expect(Buffer.isBuffer(chunk)).toBe(false);
      text += Buffer.from(chunk).toString("latin1");
      told();
      return 0;
    },
    async text(length) {
      while (text.length < length) {
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
      return text;
    },
  };
}

test.each([
  ["into an arena", true],
  ["as it likes, where Node's sockets cannot", false],
])("an accepted socket reads %s, once it is resumed", async (_name, able) => {
  const socket = await accepted;
  if (!able) Object.assign((socket as unknown as { _handle: object })._handle, { useUserBuffer: undefined });
  const { onRead, text } = gather();
  const ours = toArenaSocket(socket, onRead);
  expect(ours === socket).toBe(!able);
  client.write("hello, ");
  ours.resume();
  expect(await text(7)).toBe("hello, ");
  client.write("world");
  expect(await text(12)).toBe("hello, world");
  const echo = new Promise((resolve) => {
    client.once("data", resolve);
  });
  ours.write("back");
  expect(String(await echo)).toBe("back");
  ours.destroy();
});

test("the socket that the server accepted is let go of at once; ours goes on when the server has closed", async () => {
  const { onRead, text } = gather();
  const before = await accepted;
  const ours = toArenaSocket(before, onRead);
  expect(before.destroyed).toBe(true);
  await new Promise((resolve) => {
    server.close(resolve);
  });
  ours.resume();
  client.write("still here");
  expect(await text(10)).toBe("still here");
  const ended = new Promise((resolve) => {
    client.once("close", resolve);
  });
  client.resume();
  ours.destroy();
  await ended;
});
