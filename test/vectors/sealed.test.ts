import { createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import { createMemoryPair } from "../../runtime/typescript/src/transport/memory.js";
import { frameCiphers } from "../suites/frame-ciphers.js";
import { openLink } from "../suites/peers.js";
import { decodeFrameTwin, decodeRunTwin, encodeFrameTwin, TwinError, twinTypes } from "../twin/frame-twin.js";
import { daemon, hex } from "./frame-examples.js";
import { buildSealedVectors, type SealedVectors } from "./sealed-vectors.js";

const text = readFileSync(new URL("../../golden/vectors/sealed.json", import.meta.url), "utf8");
const vectors = JSON.parse(text) as SealedVectors;
const unhex = (bytes: string): Uint8Array => new Uint8Array(Buffer.from(bytes, "hex"));
const key = unhex(vectors.key);
const at = { ...daemon, everything: true };

/** What is in a Sealed frame, by the twin and the platform's cipher. */
function openByTwin(wire: Uint8Array): Uint8Array[] {
  const { frame } = decodeFrameTwin(wire, at)!;
  const gcm = createDecipheriv("aes-256-gcm", key, new Uint8Array(12));
  gcm.setAAD(wire.subarray(0, 36)).setAuthTag(frame.payload.subarray(-16));
  const plaintext = gcm.update(frame.payload.subarray(0, -16));
  try {
    gcm.final();
  } catch {
    throw new TwinError("BAD_SEAL");
  }
  return decodeRunTwin(new Uint8Array(plaintext), at).map((one) => encodeFrameTwin(one).subarray(0, -8));
}

test("sealed.json is what make-frames.mjs writes", () => {
  expect(vectors).toEqual(buildSealedVectors());
});

describe("the twin", () => {
  test.each(vectors.valid)("opens $name", ({ hex: wire, frames }) => {
    expect(openByTwin(unhex(wire)).map((bytes) => hex(bytes))).toEqual(frames);
  });
  test.each(vectors.invalid)("refuses $name: $reason", ({ hex: wire, reason }) => {
    let seen = "accepted";
    try {
      openByTwin(unhex(wire));
    } catch (error) {
      seen = (error as TwinError).reason;
    }
    expect(seen).toBe(reason);
  });
});

/** What a link makes of a Sealed frame; ids beyond its own are its session's. */
function openByLink(wire: Uint8Array): { readonly frames: string[]; readonly reason: string | undefined } {
  const frames: string[] = [];
  let closed: CrucibleError | undefined;
  const link = openLink(createMemoryPair()[0], undefined, {
    encryption: "everything",
    ciphers: frameCiphers([key, key]).daemon,
  });
  link.setHandler({
    checkHeader(type) {
      const rule = twinTypes.get(type);
      if (rule?.from === "none") throw new CrucibleError("BAD_PHASE", "not in an open session");
      return rule === undefined || rule.large === true ? 1_200_000 : 65_536;
    },
    onFrame: (_type, _flags, _id, bytes, start, end) => frames.push(hex(bytes.slice(start - 36, end))),
    onClosed: (error) => {
      closed = error;
    },
  });
  link.onBytes(wire);
  return { frames, reason: closed?.reason };
}

describe("a link", () => {
  test.each(vectors.valid)("opens $name", ({ hex: wire, frames }) => {
    expect(openByLink(unhex(wire))).toEqual({ frames, reason: undefined });
  });
  test.each(vectors.invalid.filter(({ name }) => !name.includes("an id that is not")))(
    "refuses $name: $reason",
    ({ hex: wire, reason }) => {
      expect(openByLink(unhex(wire)).reason).toBe(reason);
    },
  );
});
