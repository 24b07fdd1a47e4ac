// Held against OpenSSL's answer, which Node gives.
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { extendedKeyUsageOf } from "../../../runtime/typescript/src/crypto/node/certificate-extension.js";
import { certify } from "./certificates.js";

const nowMs = Date.UTC(2026, 0, 15);
const serverAuth = "1.3.6.1.5.5.7.3.1";
const clientAuth = "1.3.6.1.5.5.7.3.2";

test.each([
  [[serverAuth]],
  [[clientAuth, serverAuth]],
  [["0.9.2342.19200300.100.1.25", "2.999.4294967296", "2.5.29.37"]],
])("reads what OpenSSL reads: %j", async (usages) => {
  const { der } = await certify(nowMs, undefined, { usages });
  expect(extendedKeyUsageOf(Buffer.from(der))).toEqual(usages);
  expect(new X509Certificate(der).keyUsage).toEqual(usages);
});

test("is empty without one, also when its bytes stand elsewhere", async () => {
  const { der } = await certify(nowMs, undefined, {
    names: [{ type: "url", value: "spiffe://a/\u0006\u0003U\u001d%" }],
  });
  expect(new X509Certificate(der).keyUsage).toBe(undefined);
  expect(extendedKeyUsageOf(Buffer.from(der))).toEqual([]);
});

test("is empty for two of them, as with OpenSSL", async () => {
  const der = Buffer.from((await certify(nowMs, undefined, { usages: [serverAuth] })).der);
  // keyUsage, 2.5.29.15, becomes another extended one.
  der[der.indexOf(Buffer.of(0x06, 0x03, 0x55, 0x1d, 0x0f)) + 4] = 0x25;
  expect(new X509Certificate(der).keyUsage).toBe(undefined);
  expect(extendedKeyUsageOf(der)).toEqual([]);
});

test("throws nothing for bytes that are no certificate", async () => {
  const der = Buffer.from((await certify(nowMs, undefined, { usages: [serverAuth] })).der);
  for (let length = 0; length < der.length; length++) expect(extendedKeyUsageOf(der.subarray(0, length))).toEqual([]);
  const changed = fc.record({ at: fc.nat(der.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(changed, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = Buffer.from(der);
      for (const { at, byte } of changes) bytes[at] = byte;
      for (const usage of extendedKeyUsageOf(bytes)) expect(usage).toMatch(/^[0-2](?:\.[0-9e+]+)+$/);
    }),
    { numRuns: 1000 },
  );
});
