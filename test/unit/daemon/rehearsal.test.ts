import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeSuite } from "../../../runtime/typescript/src/crypto/node/node-suite.js";
import type { Authority } from "../../../runtime/typescript/src/daemon/authority.js";
import { createCore } from "../../../runtime/typescript/src/daemon/daemon.js";
import { thisPlatform } from "../../../runtime/typescript/src/daemon/listening.js";
import { rehearse, rehearseOnce } from "../../../runtime/typescript/src/daemon/rehearsal.js";
import { createBootId, TokenIssuer } from "../../../runtime/typescript/src/daemon/token.js";
import type { DaemonOptions } from "../../../runtime/typescript/src/daemon/options.js";
import { sharedState, temporaryDirectory } from "../../integration/support/lab.js";

async function coreOf(options: Partial<DaemonOptions> = {}) {
  const lines: string[] = [];
  const socketDirectory = join(temporaryDirectory(), "s");
  const { core } = await createCore(thisPlatform, {
    name: "rehearses",
    stateDirectory: sharedState(),
    socketDirectory,
    onLog: ({ level, message }) => {
      if (level !== "info") lines.push(message);
    },
    ...options,
  });
  return { core, lines, socketDirectory };
}

test.each([
  ["by default", {}],
  ["where everything is sealed", { encryption: "everything" }],
  ["without compression", { compression: "off" }],
  ["where sessions do not outlive their connections", { resumeTimeoutMs: 0 }],
] as const)("a session and a call each way work %s, and leave nothing behind", async (_when, options) => {
  const { core, lines, socketDirectory } = await coreOf({ ...options, maxPendingConnections: 1 });
  await rehearse(core);
  expect(lines).toEqual([]);
  expect(readdirSync(socketDirectory)).toEqual([]);
  expect(core.pending.take()).toBe(true);
  expect(core.registry.list()).toEqual([]);
});

test("its failure is told, and the daemon goes on", async () => {
  const { core } = await coreOf();
  const another = await coreOf({ stateDirectory: join(temporaryDirectory(), "state") });
  const { daemonId, tokenKey } = core.authority;
  const { caCertificate } = another.core.authority;
  const credentials: Authority["credentials"] = (staticKey) => core.authority.credentials(staticKey);
  const torn = { daemonId, tokenKey, caCertificate, credentials } as Authority;
  await expect(rehearse({ ...core, authority: torn })).rejects.toMatchObject({ reason: "DAEMON_IDENTITY" });
  await rehearse(core);
});

test("its tokens are of another run than the daemon's", async () => {
  const { core } = await coreOf();
  const { daemonId, tokenKey } = core.authority;
  const issuer = new TokenIssuer({ daemonId, bootId: createBootId(), key: tokenKey });
  const staticKey = nodeSuite.random(32);
  const token = await issuer.issue({ pluginId: "rehearsal", staticKey });
  const refused = core.verifier.verify(token, { staticKey, pluginId: "rehearsal" });
  await expect(refused).rejects.toMatchObject({ reason: "TOKEN_INVALID" });
});

test("a process rehearses once", async () => {
  const { core } = await coreOf();
  const first = rehearseOnce(core);
  expect(rehearseOnce((await coreOf()).core)).toBe(first);
  await first;
});
