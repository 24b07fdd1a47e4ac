import { afterEach, expect, test } from "vitest";
import { Intent } from "../../runtime/typescript/src/gen/crucible/ipc/v1/handshake_codec.js";
import { CrucibleError } from "../../runtime/typescript/src/index.js";
import { connectWith, endLeakers, leakTicket } from "../integration/support/intruder.js";
import { closeDaemons, createLab, until } from "../integration/support/lab.js";

// What connections that enter a session do to it.

afterEach(async () => {
  endLeakers();
  await closeDaemons();
});

const { JOIN, RESUME } = Intent;
const lost = new CrucibleError("PEER_LOST", "the test has cut it");

test("a session that waits for a connection waits no longer once it has one, whichever way that came", async () => {
  const resumeTimeoutMs = 1_200;
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
    link.abort(lost);
  }
  // They wait anew for the next.
  await until(() => entered.every(({ plugin }) => plugin.state !== "running"), "the end of what nobody resumes");
});
