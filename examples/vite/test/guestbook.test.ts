// The page's own client against the server, the server against a real plugin.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createDaemon, type Daemon } from "crucible-runtime/daemon";
import { launchGuestbook } from "../src/server/launch.js";
import { createWebServer } from "../src/server/server.js";
import { problemsOf, read, sign } from "../src/web/client.js";

const folder = mkdtempSync(join(tmpdir(), "guestbook-"));
let daemon: Daemon;
let server: ReturnType<typeof createWebServer>;
let url: string;

before(async () => {
  daemon = await createDaemon({
    name: "test",
    stateDirectory: join(folder, "state"),
    socketDirectory: join(folder, "run"),
  });
  server = createWebServer(await launchGuestbook(daemon), "dist/web");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server.close();
  server.closeAllConnections();
  await daemon.close();
  rmSync(folder, { recursive: true, force: true });
});

test("signs and reads", async () => {
  const entry = await sign({ name: "Ada", text: "Schön hier 🙂" }, url);
  assert.equal(entry.number, 1n);
  await sign({ name: "Bo", text: "Indeed" }, url);
  const names = (await read(10, url)).map(({ name }) => name);
  assert.deepEqual(names, ["Bo", "Ada"]);
});

test("has the rules of the schema on both ends", async () => {
  const wrong = { name: "", text: "x", email: "nowhere" };
  assert.deepEqual(
    [...problemsOf(wrong)],
    [
      ["name", "must be at least 1 characters"],
      ["email", "must be a valid email address"],
    ],
  );
  await assert.rejects(sign(wrong, url), /name: must be at least 1 characters/);
});

test("serves the page, and nothing beside it", async () => {
  const page = await fetch(url);
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  assert.match(await page.text(), /<h1>Guest book<\/h1>/);
  for (const path of ["/..%2f..%2fpackage.json", "/../package.json"]) {
    assert.equal((await fetch(url + path)).status, 404);
  }
});
