import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Certified,
  createPluginCertificate,
  leafLifetimeMs,
} from "../../runtime/typescript/src/daemon/authority-certificates.js";
import { createState } from "../../runtime/typescript/src/daemon/authority-state.js";
import type { DaemonOptions } from "../../runtime/typescript/src/daemon/index.js";
import { Echo } from "../integration/lab/gen/lab/v1/lab_daemon.js";
import { connectWith, type Leak, leakTicket } from "../integration/support/intruder.js";
import { closeDaemons, createLab, type Lab, reasonOf, until } from "../integration/support/lab.js";
import { runWithTicket } from "../integration/support/ticket-file.js";

afterEach(closeDaemons);

test("a plugin shows the certificate of its ticket, and is served as any other", async () => {
  const lab = await createLab({ listen: "tls", mutualTls: true });
  const plugin = await lab.launch("echo-plugin");
  expect((await plugin.client(Echo).say({ text: "certified" })).text).toBe("certified");
  expect(await plugin.close()).toEqual({ code: 0, signal: null });
});

test("without it tickets have none, and none is asked for", async () => {
  const lab = await createLab({ listen: "tls" });
  const { ticket, launching } = await leakTicket(lab);
  expect(ticket.certified).toBeUndefined();
  await connectWith(ticket);
  process.kill((await launching).pid, "SIGKILL");
});

test.each<Partial<DaemonOptions>>([{}, { listen: "unix" }])("it is refused with Unix sockets: %o", async (options) => {
  expect(await reasonOf(createLab({ ...options, mutualTls: true }))).toBe("OPTION_INVALID");
});

describe("who dials a plugin's port", () => {
  let lab: Lab;
  let leak: Leak;
  beforeEach(async () => {
    lab = await createLab({ listen: "tls", mutualTls: true });
    leak = await leakTicket(lab);
  });

  /** Refused before a byte of the handshake behind TLS, with `fact` in the log; the right owner still gets in. */
  async function expectRefused(certified: Certified | undefined, fact: string): Promise<void> {
    const refused = (): string[] =>
      lab.records.filter(({ reason }) => reason === "IDENTITY_MISMATCH").map(({ message }) => message);
    await expect(connectWith(leak.ticket, { ticket: { certified } })).rejects.toThrow();
    await until(() => refused().length > 0, "the refusal");
    expect(refused()[0]).toContain(fact);
    await connectWith(leak.ticket);
    const plugin = await leak.launching;
    expect(plugin.state).toBe("running");
    process.kill(plugin.pid, "SIGKILL");
  }

  const authority = (): { readonly ca: Certified; readonly leaf: Certified } =>
    JSON.parse(readFileSync(join(lab.stateDirectory, "authority.json"), "utf8")) as ReturnType<typeof authority>;

  test("has to show a certificate", () => expectRefused(undefined, "shows no certificate"));

  test("has to show one of this daemon's authority", async () => {
    const { ca } = await createState("lab", Date.now());
    await expectRefused(createPluginCertificate(ca, "leak", Date.now()), "not issued by");
  });

  test("cannot show the daemon's own, which is for servers", () =>
    expectRefused(authority().leaf, "has to be clientAuth without serverAuth"));

  test("cannot show another plugin's", async () => {
    const other = await leakTicket(lab, "other");
    await expectRefused(other.ticket.certified, "has to be crucible://plugin/leak");
  });

  test("cannot show one that has expired", async () => {
    const madeMs = Date.now() - leafLifetimeMs - 60_000;
    await expectRefused(createPluginCertificate(authority().ca, "leak", madeMs), "has expired");
  });

  test("cannot show one that is an authority's", () => expectRefused(authority().ca, "an authority's, not a leaf"));
});

test("a ticket whose certificate is none is refused by the plugin itself, in one line without it", async () => {
  const lab = await createLab({ listen: "tls", mutualTls: true });
  const leak = await leakTicket(lab);
  const certificate = "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n";
  const { code, stderr } = await runWithTicket(JSON.stringify({ ...(JSON.parse(leak.text) as object), certificate }));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^[^\n]*certificate and its key cannot be used[^\n]*\(TICKET_INVALID\)\n$/);
  expect(stderr).not.toContain("c2VjcmV0");
});
