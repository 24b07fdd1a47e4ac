import { chmodSync, existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Echo } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import { leakTicket } from "../integration/support/intruder.js";
import { closeDaemons, createLab, temporaryDirectory } from "../integration/support/lab.js";
import { runByHand, runWithTicket, writeTicket } from "../integration/support/ticket-file.js";

afterEach(closeDaemons);

/** One line, no stack trace, exit code 1. */
async function expectRefusal(running: ReturnType<typeof runByHand>, ...texts: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await running;
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  for (const text of texts) expect(stderr).toContain(text);
  expect(stdout).toBe("");
  expect(code).toBe(1);
}

test("a plugin that is started by hand says how it wants to be started", async () => {
  await expectRefusal(runByHand(undefined), "TICKET_MISSING", "daemon.launch(", "echo-plugin");
});

test.each([
  ["a relative path", "ticket.json", "neither"],
  ["a file that is missing", "/no/such/ticket", "ENOENT"],
  ["a descriptor that is closed", "fd:17", "not open"],
  ["a standard stream", "fd:1", "standard stream"],
  ["a directory", "/tmp", "no regular file"],
])("a ticket at %s is refused", async (_, where, text) => {
  await expectRefusal(runByHand(where), "TICKET_INVALID", text);
});

test.each([
  ["open to others", (path: string) => chmodSync(path, 0o644), "mode 0644"],
  ["with a second link", (path: string) => linkSync(path, `${path}-2`), "2 links"],
])("a ticket file %s is refused, and left alone", async (_, change, text) => {
  const path = writeTicket("{}");
  change(path);
  await expectRefusal(runByHand(path), "TICKET_INVALID", text);
  expect(existsSync(path)).toBe(true);
});

test("a symbolic link to a ticket is refused", async () => {
  const path = writeTicket("{}");
  symlinkSync(path, `${path}-link`);
  await expectRefusal(runByHand(`${path}-link`), "TICKET_INVALID", "ELOOP");
});

test.each([
  ["no JSON", "not json, but secret", "no JSON"],
  ["a list", "[]", "no JSON object"],
  ["of another version", '{"version":2}', "another version"],
  ["without a plugin id", '{"version":1,"descriptors":{}}', "noiseKey"],
  ["too long", `{"version":1,"x":"${"y".repeat(70_000)}"}`, "65536"],
])("a ticket that is %s is refused, and gone", async (_, text, fact) => {
  const path = writeTicket(text);
  const { code, stderr } = await runByHand(path);
  expect(code).toBe(1);
  expect(stderr).toContain("TICKET_INVALID");
  expect(stderr).toContain(fact);
  expect(stderr).not.toContain("secret");
  expect(existsSync(path)).toBe(false);
});

test("a ticket whose socket is gone is refused", async () => {
  const lab = await createLab();
  const { text } = await leakTicket(lab);
  await lab.daemon.close();
  await expectRefusal(runWithTicket(text), "CONNECT_FAILED");
});

test("a plugin does not dial into a directory that others may enter", async () => {
  const lab = await createLab();
  const { text } = await leakTicket(lab);
  const directory = join(temporaryDirectory(), "open");
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, "leak.sock"), "");
  const ticket = { ...(JSON.parse(text) as object), address: `unix:${directory}/leak.sock` };
  await expectRefusal(runWithTicket(JSON.stringify(ticket)), "DIRECTORY_UNSAFE");
});

test("a ticket in a file works once, for a plugin that somebody else starts", async () => {
  const lab = await createLab();
  const { text, launching } = await leakTicket(lab);
  const path = writeTicket(text);
  const running = runByHand(path);
  const plugin = await launching;
  expect((await plugin.client(Echo).say({ text: "from a file" })).text).toBe("from a file");
  expect(existsSync(path)).toBe(false);
  await plugin.close();
  expect(await running).toMatchObject({ code: 0, stderr: "" });
});
