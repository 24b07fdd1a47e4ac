import { readdirSync, readlinkSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { encodeShutdown } from "../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { Intent } from "../../runtime/typescript/src/gen/crucible/ipc/v1/handshake_codec.js";
import { CrucibleError } from "../../runtime/typescript/src/index.js";
import type { PluginOpened } from "../../runtime/typescript/src/session/plugin-opening.js";
import { connectWith, endLeakers, leakTicket } from "../integration/support/intruder.js";
import { closeDaemons, createLab, reasonOf, temporaryDirectory, until } from "../integration/support/lab.js";

// What connections that enter a session do to it.

afterEach(async () => {
  endLeakers();
  await closeDaemons();
});

const { JOIN, RESUME } = Intent;
const lost = new CrucibleError("PEER_LOST", "the test has cut it");

test("a session that waits for a connection waits no longer once it has one, whichever way that came", async () => {
  const resumeTimeoutMs = 1_000;
  const lab = await createLab({ resumeTimeoutMs });
  const waiting = [JOIN, RESUME].map(async (intent) => {
    const leak = await leakTicket(lab, `by-${intent}`);
    const opened = await connectWith(leak.ticket);
    const plugin = await leak.launching;
    const { sessionTicket } = opened.registered;
    opened.link.abort(lost);
    await until(() => plugin.connections === 0, "the loss to be noticed");
    // As of a plugin whose further connection was on its way when it lost the others.
    const { link } = await connectWith(leak.ticket, { entry: { intent, sessionTicket } });
    return { plugin, link };
  });
  const entered = await Promise.all(waiting);
  await new Promise((resolve) => setTimeout(resolve, resumeTimeoutMs + 200));
  for (const { plugin, link } of entered) {
    expect([plugin.state, plugin.connections, link.closed]).toEqual(["running", 1, false]);
  }
});

/** Sockets that this process has. */
function openSockets(): number {
  return readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;
}

/** Passes on what is sent, and ends nothing whose other side has ended: as somebody who wants to keep it. */
async function listenClinging(daemonPath: string): Promise<{ readonly address: string; close(): void }> {
  const path = join(temporaryDirectory(), "clinging.sock");
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: daemonPath, allowHalfOpen: true });
    for (const socket of [near, far]) socket.on("error", () => {});
    near.on("data", (chunk) => far.write(chunk));
    far.on("data", (chunk) => near.write(chunk));
    sockets.push(near, far);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: `unix:${path}`, close };
}

test.each([
  ["JOIN", JOIN],
  ["RESUME", RESUME],
] as const)("connections that are ended and kept open by the plugin are bounded too: %s", async (_, intent) => {
  const lab = await createLab({ connections: 2 });
  const leak = await leakTicket(lab);
  const opened = await connectWith(leak.ticket);
  const plugin = await leak.launching;
  const { sessionTicket } = opened.registered;
  const clinging = await listenClinging(leak.ticket.address.slice("unix:".length));
  const retire = encodeShutdown({ reason: "IDLE", graceMs: 0, lastMessageId: 0n, connectionOnly: true });
  const before = openSockets();
  const kept: PluginOpened[] = [];
  const refused: string[] = [];
  for (let i = 0; i < 12; i++) {
    const entry = { intent, sessionTicket };
    const entering = connectWith(leak.ticket, { entry, ticket: { address: clinging.address } });
    const reason = await reasonOf(entering);
    if (reason === "no error") {
      const entered = await entering;
      kept.push(entered);
      entered.link.sendControl(FrameType.Shutdown, 0, 0, retire, false);
    } else refused.push(reason);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // Each has three ends of the attacker's, and one of the daemon's that counts; those that were refused are cut.
  const attackers = 3 * (kept.length + refused.length);
  await until(() => openSockets() - before - attackers <= 4, "the daemon to have let go of the rest", 3_000);
  if (intent === JOIN) expect(new Set(refused)).toEqual(new Set(["TOO_MANY_CONNECTIONS"]));
  else expect(refused).toEqual([]);
  expect(plugin.state).toBe("running");
  clinging.close();
});
