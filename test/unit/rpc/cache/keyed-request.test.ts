import { expect, test } from "vitest";
import { FileDescriptorProtoCodec as ImportsCodec } from "../../../../runtime/typescript/src/gen/google/protobuf/descriptor_codec.js";
import { keyRequest } from "../../../../runtime/typescript/src/rpc/cache/keyed-request.js";
import type { MetadataSource } from "../../../../runtime/typescript/src/session/head.js";
import { cachedService } from "../../../suites/cached.js";

/** The third field of its requests has text, and has the tag of the metadata of an envelope. */
const method = { ...cachedService.methods.get, request: ImportsCodec };

function keyOf(metadata: MetadataSource | undefined, ...dependency: string[]): string {
  return keyRequest(method, metadata, { dependency }, 4_096)!.key;
}

test("a request has the key of another one only when metadata and request are equal", () => {
  expect(keyOf({ tenant: "a" }, "b")).toBe(keyOf({ tenant: "a" }, "b"));
  expect(keyOf({ tenant: "a" })).not.toBe(keyOf(undefined));
});

test("a request that reads like metadata does not have the key of a request with that metadata", () => {
  const entry = "\n\u0006tenant\u0012\u0001a";
  expect(keyOf(undefined, entry)).not.toBe(keyOf({ tenant: "a" }));
  expect(keyOf(undefined, entry, "b")).not.toBe(keyOf({ tenant: "a" }, "b"));
  expect(keyOf({ tenant: "a" }, entry)).not.toBe(keyOf({ tenant: ["a", "a"] }));
});
