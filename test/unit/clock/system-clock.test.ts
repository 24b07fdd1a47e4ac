import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../runtime/typescript/src/clock/clock.js";

const folder = mkdtempSync(join(tmpdir(), "crucible-test-"));
const server = createServer();
let from: Socket;
let to: Socket;
beforeAll(async () => {
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(join(folder, "s"), resolve));
  from = connect(join(folder, "s"));
  to = await accepted;
});
afterAll(() => {
  for (const socket of [from, to]) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true });
});

/** The process does nothing else for so long, as if it had been stopped. */
function stand(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a timer that comes late runs behind what has arrived", async () => {
  const seen: string[] = [];
  to.on("data", (chunk) => seen.push(String(chunk)));
  await immediate();
  from.write("sent in time");
  await new Promise<void>((resolve) => {
    systemClock.after(5, () => {
      seen.push("timer");
      resolve();
    });
    stand(300);
  });
  expect(seen).toEqual(["sent in time", "timer"]);
});

test("a timer that comes late can be stopped until it runs", async () => {
  const seen: string[] = [];
  await immediate();
  const stop = systemClock.after(5, () => seen.push("stopped"));
  const last = new Promise<void>((resolve) => {
    setTimeout(() => {
      stop();
      stop();
      seen.push("stopping");
      resolve();
    }, 6);
  });
  systemClock.after(5, () => seen.push("late"));
  stand(300);
  await last;
  await immediate();
  expect(seen).toEqual(["stopping", "late"]);
});
