import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import { parseTicket } from "../../../runtime/typescript/src/plugin/ticket.js";

const good = {
  version: 1,
  address: "unix:/tmp/crucible-plugins/search.sock",
  pluginId: "search",
  daemonId: "knowledge-5d2k7qv3x1m9c0aa",
  authority: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
  token: "a.b.c",
  noiseKey: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
  descriptors: {},
};

test("a good ticket, unknown fields ignored", () => {
  const { noiseKey, ...rest } = parseTicket(JSON.stringify({ ...good, more: [1] }));
  const { address, pluginId, daemonId, authority, token } = good;
  expect(rest).toEqual({ address, pluginId, daemonId, authority, token });
  expect([...noiseKey]).toEqual(Array.from({ length: 32 }, (_, index) => index));
});

test("a certificate comes with its key, both PEM", () => {
  const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const certificateKey = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
  const { certified } = parseTicket(JSON.stringify({ ...good, certificate, certificateKey }));
  expect(certified).toEqual({ certificate, privateKey: certificateKey });
  expect(parseTicket(JSON.stringify(good)).certified).toBeUndefined();
  for (const [wrong, name] of [
    [{ certificate }, "certificateKey"],
    [{ certificateKey }, "certificate"],
    [{ certificate: "x", certificateKey }, "certificate"],
    [{ certificate, certificateKey: 7 }, "certificateKey"],
  ] as const) {
    expect(() => parseTicket(JSON.stringify({ ...good, ...wrong }))).toThrow(
      expect.objectContaining({ reason: "TICKET_INVALID", message: expect.stringContaining(`proper ${name};`) }),
    );
  }
});

test.each(Object.keys(good))("without a proper %s it is refused by that name", (field) => {
  for (const value of [undefined, null, 7, [], "", "\u0000/.."]) {
    // Any text is a token, an authority or an address as far as the form goes: those who use them judge them.
    if (value === "\u0000/.." && ["address", "authority", "token"].includes(field)) continue;
    const text = JSON.stringify({ ...good, [field]: value });
    expect(() => parseTicket(text)).toThrow(
      expect.objectContaining({ reason: "TICKET_INVALID", message: expect.stringContaining(field) }),
    );
  }
});

test("whatever the text is, the answer is a ticket or TICKET_INVALID, and never quotes it", () => {
  const secret = "s3cr3t-t0ken";
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.string().map((tail) => `{"token":"${secret}"${tail}`),
  );
  fc.assert(
    fc.property(text, (any) => {
      try {
        parseTicket(any);
      } catch (error) {
        expect(error).toBeInstanceOf(CrucibleError);
        expect((error as CrucibleError).reason).toBe("TICKET_INVALID");
        expect((error as CrucibleError).message).not.toContain(secret);
      }
    }),
  );
});
