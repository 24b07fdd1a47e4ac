import { mkdtempSync, rmSync } from "node:fs";
import { createServer, connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { peerReader } from "../../../../runtime/typescript/src/transport/node/peer-credentials.js";

const directory = mkdtempSync("/tmp/crucible-");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const reader = await peerReader();
if (reader === undefined) console.log("Reading peers is skipped: this is not Linux, or koffi cannot be loaded");

function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

test.skipIf(reader === undefined)("the other end of a Unix socket is a process and its user", async () => {
  const path = join(directory, "s");
  const accepted = new Promise<Socket>((resolve) => {
    const server = createServer((socket) => {
      server.close();
      resolve(socket);
    }).listen(path);
  });
  const client = connect(path);
  const server = await accepted;
  const own = { pid: process.pid, uid: process.getuid!() };
  expect(reader!(descriptorOf(server))).toEqual(own);
  expect(reader!(descriptorOf(client))).toEqual(own);
  client.destroy();
  server.destroy();
});

test.skipIf(reader === undefined)("what is no socket tells nothing", () => {
  expect(reader!(1 << 20)).toBeUndefined();
});

test("platforms without a way that is implemented have no reader", async () => {
  expect(await peerReader("darwin")).toBeUndefined();
  expect(await peerReader("win32")).toBeUndefined();
});
