import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { LaunchOptions, Plugin } from "../../runtime/typescript/src/daemon/index.js";
import { peerReader } from "../../runtime/typescript/src/transport/node/peer-credentials.js";
import { Echo } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import { connectWith, leakTicket } from "../integration/support/intruder.js";
import { closeDaemons, createLab, reasonOf } from "../integration/support/lab.js";
import { program } from "../integration/support/programs.js";
import { runWithTicket } from "../integration/support/ticket-file.js";

afterEach(closeDaemons);

const readable = (await peerReader()) !== undefined;
if (!readable) console.log("Tests of peers' processes are skipped: this is not Linux, or koffi cannot be loaded");

const uid = process.getuid?.();

function parentOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ")[1]);
}

async function expectAnswer(plugin: Plugin): Promise<void> {
  expect((await plugin.client(Echo).say({ text: "here" })).text).toBe("here");
}

describe.skipIf(!readable)("the process that dials", () => {
  test("is the one that was launched", async () => {
    const lab = await createLab();
    const plugin = await lab.launch("echo-plugin");
    expect(plugin.connectedFrom).toEqual({ pid: plugin.pid, uid });
  });

  test("with a stolen ticket is refused, by the same user too, and the ticket stays good", async () => {
    const lab = await createLab();
    const leak = await leakTicket(lab, "leak", [], "process");
    const thief = await runWithTicket(leak.text);
    expect(thief.code).toBe(1);
    expect(thief.stderr).toContain("IDENTITY_MISMATCH");
    const refused = lab.records.find(({ reason }) => reason === "IDENTITY_MISMATCH");
    expect(refused?.message).toMatch(/process \d+ dialled for plugin leak, whose process is \d+/);
    // Nor is the daemon's own process let in, which has every right to everything else.
    expect(await reasonOf(connectWith(leak.ticket))).toBe("IDENTITY_MISMATCH");
    // Neither has used the ticket up, or ended the launch.
    expect(await Promise.race([leak.launching, "still waiting"])).toBe("still waiting");
    expect(lab.records.some(({ reason }) => reason === "TOKEN_REPLAYED")).toBe(false);
  });

  test("is let in as a grandchild", async () => {
    const lab = await createLab();
    const programs = [await program("behind-proxy"), await program("echo-plugin")];
    const address = `unix:${join(lab.socketDirectory, "inner.sock")}`;
    const plugin = await lab.daemon.launch({ id: "inner", command: [process.execPath, ...programs, address] });
    await expectAnswer(plugin);
    const { pid } = plugin.connectedFrom!;
    expect(pid).not.toBe(plugin.pid);
    expect(parentOf(pid)).toBe(plugin.pid);
  });

  test("is let in when its parent has ended: it is still in the session of the launched one", async () => {
    const lab = await createLab();
    const echo = await program("echo-plugin");
    const script = '("$0" "$1" 3<&3 &) ; exec 3<&- ; while sleep 1; do :; done';
    const plugin = await lab.daemon.launch({ id: "orphan", command: ["sh", "-c", script, process.execPath, echo] });
    await expectAnswer(plugin);
    const { pid } = plugin.connectedFrom!;
    expect(parentOf(pid)).not.toBe(plugin.pid);
    process.kill(plugin.pid, "SIGKILL");
    await plugin.exited;
  });

  test("may be any with connectFrom anywhere, and is then not told", async () => {
    const lab = await createLab();
    const leak = await leakTicket(lab);
    await connectWith(leak.ticket);
    const plugin = await leak.launching;
    expect(plugin.connectedFrom).toBeUndefined();
    process.kill(plugin.pid, "SIGKILL");
  });

  test("over TLS is not told, and not asked for", async () => {
    const lab = await createLab({ listen: "tls" });
    expect((await lab.launch("echo-plugin")).connectedFrom).toBeUndefined();
  });
});

test("connectFrom is one of two words", async () => {
  const lab = await createLab();
  const options = { connectFrom: "elsewhere" } as unknown as Partial<LaunchOptions>;
  await expect(lab.launch("echo-plugin", options)).rejects.toMatchObject({ reason: "OPTION_INVALID" });
});
