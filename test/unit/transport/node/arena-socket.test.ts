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

test("the server counts it until it closes, and can close then", async () => {
  const ours = toArenaSocket(await accepted, () => 0);
  const count = (): Promise<number> =>
    new Promise((resolve, reject) => {
      server.getConnections((error, connections) => (error === null ? resolve(connections) : reject(error)));
    });
  expect(await count()).toBe(1);
  const closed = new Promise((resolve) => {
    server.close(resolve);
  });
  ours.destroy();
  await closed;
});
