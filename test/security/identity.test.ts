import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../runtime/typescript/src/clock/clock.js";
import { generateStaticKey } from "../../runtime/typescript/src/crypto/cipher-suite.js";
import { nodeSuite } from "../../runtime/typescript/src/crypto/node/node-suite.js";
import { type Authority, openAuthority } from "../../runtime/typescript/src/daemon/authority.js";
import type { PluginRegisterInit } from "../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { createBootId, TokenIssuer } from "../../runtime/typescript/src/daemon/token.js";
import { CrucibleError } from "../../runtime/typescript/src/index.js";
import { Echo } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import { connectWith, type Leak, leakTicket } from "../integration/support/intruder.js";
import {
  closeDaemons,
  createLab,
  isAlive,
  type Lab,
  reasonOf,
  temporaryDirectory,
} from "../integration/support/lab.js";

let lab: Lab;
let leak: Leak;

beforeEach(async () => {
  lab = await createLab();
  leak = await leakTicket(lab);
});
afterEach(closeDaemons);

/** A token for the leaked plugin and its key, as `change` has it. */
async function tokenWith(change: {
  readonly authority?: Authority;
  readonly bootId?: string;
  readonly pluginId?: string;
  readonly ageMs?: number;
}): Promise<string> {
  const authority = change.authority ?? (await openAuthority({ name: "lab", directory: lab.stateDirectory }));
  const clock = { ...systemClock, unixMs: () => Date.now() - (change.ageMs ?? 0) };
  const issuer = new TokenIssuer({
    daemonId: lab.daemon.id,
    bootId: change.bootId ?? lab.daemon.bootId,
    key: authority.tokenKey,
    clock,
  });
  const staticKey = nodeSuite.keyPair(leak.ticket.noiseKey).publicKey;
  return issuer.issue({ pluginId: change.pluginId ?? "leak", staticKey });
}

/** After whatever has happened, the right owner of the ticket still gets in. */
async function expectStillOpen(): Promise<void> {
  await connectWith(leak.ticket);
  const { state, pid } = await leak.launching;
  expect(state).toBe("running");
  // The process that gave its ticket away has nothing more to do, and would not end by itself.
  process.kill(pid, "SIGKILL");
}

describe("a token", () => {
  test("that is garbage is refused", async () => {
    expect(await reasonOf(connectWith(leak.ticket, { ticket: { token: "a.b.c" } }))).toBe("TOKEN_INVALID");
    await expectStillOpen();
  });

  test("with one character changed is refused", async () => {
    const { token } = leak.ticket;
    const at = token.lastIndexOf(".") + 5;
    const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    expect(await reasonOf(connectWith(leak.ticket, { ticket: { token: changed } }))).toBe("TOKEN_INVALID");
    await expectStillOpen();
  });

  test("of another authority is refused", async () => {
    const authority = await openAuthority({ name: "lab", directory: temporaryDirectory() });
    expect(await reasonOf(connectWith(leak.ticket, { ticket: { token: await tokenWith({ authority }) } }))).toBe(
      "TOKEN_INVALID",
    );
    await expectStillOpen();
  });

  test("of another run is refused", async () => {
    const token = await tokenWith({ bootId: createBootId() });
    expect(await reasonOf(connectWith(leak.ticket, { ticket: { token } }))).toBe("TOKEN_INVALID");
    await expectStillOpen();
  });

  test("that has expired is refused", async () => {
    const token = await tokenWith({ ageMs: 95_000 });
    expect(await reasonOf(connectWith(leak.ticket, { ticket: { token } }))).toBe("TOKEN_EXPIRED");
    await expectStillOpen();
  });

  test("is good once, even in the hands of its owner", async () => {
    await connectWith(leak.ticket);
    const plugin = await leak.launching;
    expect(await reasonOf(connectWith(leak.ticket))).toBe("TOKEN_REPLAYED");
    expect(plugin.state).toBe("running");
    expect(lab.records.some(({ level, reason }) => level === "warn" && reason === "TOKEN_REPLAYED")).toBe(true);
  });

  test("opens one session, though two connections race with it", async () => {
    const outcomes = await Promise.allSettled([connectWith(leak.ticket), connectWith(leak.ticket)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect((await leak.launching).state).toBe("running");
  });

  test("without the key it is bound to is refused", async () => {
    const noiseKey = generateStaticKey(nodeSuite).privateKey;
    expect(await reasonOf(connectWith(leak.ticket, { ticket: { noiseKey } }))).toBe("IDENTITY_MISMATCH");
    await expectStillOpen();
  });

  test("of another plugin is refused at this plugin's socket", async () => {
    const other = await leakTicket(lab, "other");
    const { address } = leak.ticket;
    expect(await reasonOf(connectWith({ ...other.ticket, address }))).toBe("IDENTITY_MISMATCH");
    await expectStillOpen();
    await connectWith(other.ticket);
    expect((await other.launching).id).toBe("other");
  });

  test("that is good, but not of this launch, is refused", async () => {
    // Signed by the daemon itself, for this plugin, this run and a key that its bearer has: yet nobody launched that.
    const { publicKey, privateKey } = generateStaticKey(nodeSuite);
    const authority = await openAuthority({ name: "lab", directory: lab.stateDirectory });
    const issuer = new TokenIssuer({ daemonId: lab.daemon.id, bootId: lab.daemon.bootId, key: authority.tokenKey });
    const token = await issuer.issue({ pluginId: "leak", staticKey: publicKey });
    expect(await reasonOf(connectWith(leak.ticket, { ticket: { token, noiseKey: privateKey } }))).toBe(
      "IDENTITY_MISMATCH",
    );
    await expectStillOpen();
  });
});

describe("a daemon", () => {
  test("of another authority gets no token", async () => {
    const other = await openAuthority({ name: "lab", directory: temporaryDirectory() });
    const error = await connectWith(leak.ticket, { ticket: { authority: other.caCertificate } }).catch(
      (caught: unknown) => caught,
    );
    expect((error as CrucibleError).reason).toBe("DAEMON_IDENTITY");
    await expectStillOpen();
  });

  test("tells a plugin that wants another one", async () => {
    expect(await reasonOf(connectWith(leak.ticket, { ticket: { daemonId: "other-aaaaaaaaaaaaaaaa" } }))).toBe(
      "IDENTITY_MISMATCH",
    );
    await expectStillOpen();
  });
});

describe("a registration", () => {
  const say = { name: "lab.v1.Echo/Say", id: 0, kind: 1 as const, sensitive: false };
  const sayId = 0x5a0c1c3b;
  const cases: readonly [what: string, register: PluginRegisterInit, reason: string][] = [
    ["under another id", { pluginId: "other" }, "IDENTITY_MISMATCH"],
    ["with a false wire id", { methods: [{ ...say, id: sayId ^ 1 }] }, "REGISTER_INVALID"],
    ["with a name of no valid form", { methods: [{ ...say, name: "lab.v1.Echo" }] }, "REGISTER_INVALID"],
    ["with a name of control characters", { methods: [{ ...say, name: "lab.v1.Echo/\u0007" }] }, "REGISTER_INVALID"],
    ["with an unknown kind", { methods: [{ ...say, id: fnv("lab.v1.Echo/Say"), kind: 9 as 1 }] }, "REGISTER_INVALID"],
    [
      "with a method twice",
      { methods: [1, 2].map(() => ({ ...say, id: fnv("lab.v1.Echo/Say") })) },
      "METHOD_COLLISION",
    ],
    [
      "with two names of one wire id",
      // Found by search: FNV-1a-32 collides by will.
      { methods: collidingNames().map((name) => ({ ...say, name, id: fnv(name) })) },
      "METHOD_COLLISION",
    ],
    ["with a capability of no valid form", { capabilities: ["a b"] }, "REGISTER_INVALID"],
    ["with a version that is none", { pluginVersion: "newest" }, "REGISTER_INVALID"],
  ];
  test.each(cases)("%s is refused, and fails the launch with the same error", async (_, register, reason) => {
    expect(await reasonOf(connectWith(leak.ticket, { register }))).toBe(reason);
    const error = (await leak.launching.catch((caught: unknown) => caught)) as CrucibleError;
    expect(error.reason).toBe(reason);
    expect(lab.daemon.plugins()).toEqual([]);
  });
});

test("a plugin process refuses a daemon that its ticket does not vouch for, in one line", async () => {
  // Two labs with one daemon name; the ticket of one, with the authority of the other, goes to a real plugin.
  const other = await openAuthority({ name: "lab", directory: temporaryDirectory() });
  const { runWithTicket } = await import("../integration/support/ticket-file.js");
  const ticket = JSON.stringify({ ...(JSON.parse(leak.text) as object), authority: other.caCertificate });
  const { code, stderr } = await runWithTicket(ticket);
  expect(code).toBe(1);
  expect(stderr).toContain("DAEMON_IDENTITY");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  await expectStillOpen();
});

test("a plugin that serves is not disturbed by any of it", async () => {
  const plugin = await lab.launch("echo-plugin");
  const echo = plugin.client(Echo);
  const live = echo.act({ action: "sleep", argument: "300" });
  const address = `unix:${lab.socketDirectory}/echo.sock`;
  await Promise.all([
    reasonOf(connectWith({ ...leak.ticket, address })),
    reasonOf(connectWith({ ...leak.ticket, address, token: "x" })),
  ]);
  expect((await live).result).toBe("slept");
  expect(isAlive(plugin.pid)).toBe(true);
});

function fnv(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Two method names with one wire id: about 2^16 tries by the birthday paradox. */
function collidingNames(): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const name = `lab.v1.Echo/M${i.toString(36)}`;
    const other = seen.get(fnv(name));
    if (other !== undefined) return [other, name];
    seen.set(fnv(name), name);
  }
}
