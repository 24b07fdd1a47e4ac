import { describe, expect, test } from "vitest";
import { modelOf } from "../../../../generator/generate.js";
import type { FieldModel, FileModel, MethodModel } from "../../../../generator/model/model.js";
import { cases, compile } from "../../../golden/case.js";

async function fileOf(name: string, path: string): Promise<FileModel> {
  const golden = cases.find((one) => one.name === name);
  if (golden === undefined) throw new Error(`no case ${name}`);
  const file = modelOf(compile(golden)).files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`no file ${path}`);
  return file;
}

function fieldsOf(file: FileModel, message: string): Record<string, FieldModel> {
  const fields = file.allMessages.find((one) => one.name === message)?.fields ?? [];
  return Object.fromEntries(fields.map((field) => [field.name, field]));
}

describe("proto2", async () => {
  const file = await fileOf("proto2", "legacy/legacy.proto");
  const fields = fieldsOf(file, "Legacy");

  test("presence, defaults, groups, packing", () => {
    expect(file.edition).toBe("proto2");
    expect(fields["id"]?.presence).toBe("required");
    expect(fields["count"]).toMatchObject({ presence: "explicit", defaultValue: -7, utf8: false });
    expect(fields["title"]?.defaultValue).toBe('un"titled"\n');
    expect(fields["blob"]?.defaultValue).toEqual(Uint8Array.of(1, 2));
    expect(fields["ratio"]?.defaultValue).toBe(Infinity);
    expect(fields["level"]).toMatchObject({ defaultValue: 2, type: { kind: "enum", enum: { open: false } } });
    expect(fields["big"]?.defaultValue).toBe(18446744073709551615n);
    expect([fields["loose"]?.packed, fields["tight"]?.packed]).toEqual([false, true]);
    expect(fields["part"]).toMatchObject({ delimited: true, cardinality: "singular", type: { kind: "message" } });
    expect(fields["many"]).toMatchObject({ delimited: true, cardinality: "list" });
    expect(fields["text64"]?.longAsString).toBe(true);
    expect(fields["a"]?.oneof?.fields.map((field) => field.name)).toEqual(["a", "b"]);
  });

  test("extensions, nested ones too", () => {
    expect(file.allExtensions.map((extension) => [extension.fullName, extension.extendee.fullName])).toEqual([
      ["legacy.Holder.holders", "legacy.Legacy"],
      ["legacy.note", "legacy.Legacy"],
    ]);
    expect(file.messages[0]?.extendable).toBe(true);
    expect(file.messages[1]?.extendable).toBe(false);
  });
});

test("editions: features are resolved", async () => {
  const file = await fileOf("editions", "editions/v1/editions.proto");
  const fields = fieldsOf(file, "Item");
  expect(file.edition).toBe("2023");
  expect(Object.values(fields).map((field) => field.presence)).toEqual(
    "implicit explicit required implicit implicit explicit implicit explicit implicit".split(" "),
  );
  expect([fields["expanded"]?.packed, fields["packed"]?.packed]).toEqual([false, true]);
  expect([fields["child"]?.delimited, fields["loose"]?.utf8, fields["implicit"]?.utf8]).toEqual([true, false, true]);
  expect(fields["map"]).toMatchObject({ cardinality: "map", mapKey: "string", type: { enum: { open: false } } });
});

describe("notes", async () => {
  const file = await fileOf("notes", "knowledge/v1/notes.proto");
  const methods = Object.fromEntries(
    file.services.flatMap((service) => service.methods.map((method): [string, MethodModel] => [method.name, method])),
  );

  test("members keep the order of the source, oneofs once, synthetic ones not at all", () => {
    const note = file.messages[0];
    expect(note?.members.map((member) => member.name)).toEqual(
      "id title body status tags labels updated source revision links".split(" "),
    );
    expect(note?.oneofs.map((oneof) => oneof.name)).toEqual(["source"]);
    expect(file.allMessages.map((message) => message.fullName).slice(0, 2)).toEqual([
      "knowledge.v1.Note",
      "knowledge.v1.Note.Link",
    ]);
  });

  test("options of methods and their defaults", () => {
    expect(methods["Query"]).toMatchObject({
      wireName: "knowledge.v1.SearchProvider/Query",
      shape: "unary",
      idempotency: "no_side_effects",
      timeoutMs: 2000,
      cache: { ttlMs: 5000, maxBytes: 1024 * 1024 },
      capability: "",
    });
    expect(methods["Watch"]).toMatchObject({ shape: "server_stream", timeoutMs: 0, cache: undefined });
    expect(methods["Feed"]).toMatchObject({ shape: "client_stream", sensitive: true });
    expect(methods["Sync"]?.shape).toBe("bidi_stream");
    expect(methods["GetNote"]).toMatchObject({
      timeoutMs: 30_000,
      capability: "vault.read",
      parent: { host: "daemon" },
    });
    expect(methods["ListNotes"]?.capability).toBe("knowledge.v1.Kiln");
  });

  test("comments and places", () => {
    expect(file.messages[0]?.comment).toBe("One note of the vault.");
    expect(methods["Query"]?.comment).toBe("Finds notes.\n\nResults are ordered by relevance.");
    expect(methods["Sync"]?.comment).toBe("");
    expect(file.messages[0]?.location).toEqual({ path: "knowledge/v1/notes.proto", line: 18, column: 1 });
  });

  test("nothing of it can be changed", () => {
    const seen = new Set<unknown>();
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
      seen.add(value);
      if ("$typeName" in value) return;
      expect(Object.isFrozen(value)).toBe(true);
      for (const child of Object.values(value)) visit(child);
    };
    visit(file);
    expect(seen.size).toBeGreaterThan(100);
  });
});

test("deprecation is inherited", async () => {
  const file = await fileOf("comments", "comments/v1/comments.proto");
  const old = file.allMessages.filter((message) => message.deprecated).map((message) => message.name);
  expect(old).toEqual(["Old", "Inside"]);
  expect(file.services.map((service) => service.methods.map((method) => method.deprecated))).toEqual([
    [false, true, true],
    [true],
  ]);
});
