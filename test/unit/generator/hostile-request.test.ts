import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorResponse,
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { transformSync } from "esbuild";
import { describe, expect, test } from "vitest";
import { generatePieces } from "../../../generator/pipeline.js";
import { readRequest } from "../../../generator/request.js";
import * as rules from "../../../generator/rules.js";
import { Random } from "../../fuzz/random.js";

// Requests that no compiler makes: whoever can hand descriptors to the generator may be anybody.

type FileInit = Partial<Omit<FileDescriptorProto, "$typeName">>;
const message = { name: "M", field: [{ name: "x", number: 1, type: 9, label: 1 }] };

/** A file of one message, but for what is given. */
function file(init: object): FileDescriptorProto {
  return create(FileDescriptorProtoSchema, {
    name: "a.proto",
    package: "a.v1",
    syntax: "proto2",
    messageType: [message],
    ...init,
  } as FileInit);
}

function requestOf(files: readonly FileDescriptorProto[], parameter = ""): Uint8Array {
  const fileToGenerate = [files.at(-1)!.name];
  return toBinary(
    CodeGeneratorRequestSchema,
    create(CodeGeneratorRequestSchema, { protoFile: [...files], fileToGenerate, parameter }),
  );
}

/** What the generator answers. Throws what is a fault of its own. */
function answer(bytes: Uint8Array): CodeGeneratorResponse {
  const parts: Uint8Array[] = [];
  generatePieces(
    readRequest(bytes),
    rules,
    () => {},
    (piece) => parts.push(piece),
  );
  return fromBinary(CodeGeneratorResponseSchema, Buffer.concat(parts));
}

const targets = ["", "target=markdown"];

describe("paths of files", () => {
  const upwards = ["../evil.proto", "a/../../evil.proto", "..", "a/..", "./a.proto", "a/./b.proto", "/etc/evil.proto"];
  const elsewhere = [
    "",
    "a/",
    "a//b.proto",
    "\\\\host\\evil.proto",
    "..\\evil.proto",
    "C:\\evil.proto",
    "c:evil.proto",
  ];
  const unprintable = [
    "a\0b.proto",
    "a\nEVIL();//.proto",
    "a\r\u001b[31m.proto",
    "a\u2028EVIL();//.proto",
    "a\u0085b.proto",
  ];
  const bad = [...upwards, ...elsewhere, ...unprintable, `${"a/".repeat(3_000)}b.proto`];

  test.each(bad.map((name) => [JSON.stringify(name.slice(0, 40)), name]))("%s is refused in one line", (_, name) => {
    for (const target of targets) {
      const { error, file: files } = answer(requestOf([file({ name })], target));
      expect(error).toMatch(/^invalid path ".*" of a file: [^\p{Cc}\u2028]+$/u);
      expect(files).toEqual([]);
    }
    // As that of an import too, before its path leads anywhere.
    expect(answer(requestOf([file({ name, package: "b" }), file({ dependency: [name] })])).error).toMatch(
      /^invalid path/,
    );
  });

  test("that look odd and lead nowhere else are taken", () => {
    for (const name of [
      "a..b/..c/d...proto",
      ".hidden/a.proto",
      "__proto__",
      "constructor.proto",
      "-rf.proto",
      "a b.proto",
    ]) {
      const { error, file: files } = answer(requestOf([file({ name })]));
      expect([error, files.length], name).toEqual(["", 1]);
    }
  });
});

test("descriptors that do not fit together are refused in one line", () => {
  const withField = (field: object): object => ({
    messageType: [{ name: "M", field: [{ ...message.field[0], ...field }] }],
  });
  const cases: readonly (readonly FileDescriptorProto[])[] = [
    [file({}), file({})],
    [file({ dependency: ["a.proto"] })],
    [file({ name: "b.proto", package: "b", dependency: ["a.proto"] }), file({ dependency: ["b.proto"] })],
    ...["a b", "a;EVIL()", "*/EVIL();/*", "a\nEVIL();", ".a", "a..b", "\u00e9"].map((name) => [
      file({ package: name }),
    ]),
    ...[0, -1, 536_870_912, 2_147_483_647].map((number) => [file(withField({ number }))]),
    ...[0, 10, 19, 99].map((type) => [file(withField({ type }))]),
    ...["M", ".nope.N", ".", ""].map((typeName) => [file(withField({ type: 11, typeName }))]),
    [file(withField({ oneofIndex: 7 }))],
    [file({ syntax: "proto4" })],
    [file({ syntax: "editions", edition: 99_999 as never })],
  ];
  for (const files of cases) {
    const { error, file: made } = answer(requestOf(files));
    expect(error).toMatch(/^[^\p{Cc}\u2028\u2029]{10,300}$/u);
    expect(made).toEqual([]);
  }
});

test("text of a schema never becomes code", () => {
  const evils = [
    '";EVIL();"',
    "';EVIL();'",
    "`;EVIL();`",
    "*/EVIL();/*",
    "\nEVIL();\n",
    "\u2028EVIL();\u2028",
    "${EVIL()}",
    "1;EVIL()",
    '\\";EVIL();//',
    "\r EVIL();\r",
    "//\nEVIL();",
    "*\\/EVIL();",
  ];
  const location = (path: number[], text: string): object => ({
    path,
    span: [1, 0, 5],
    leadingComments: text,
    trailingComments: text,
    leadingDetachedComments: [text],
  });
  let files = 0;
  for (const evil of evils) {
    const comments = [[4, 0], [4, 0, 2, 0], [6, 0], [6, 0, 2, 0], [5, 0], [2], [12]].map((path) =>
      location(path, evil),
    );
    const inits: object[] = [
      { sourceCodeInfo: { location: comments }, enumType: [{ name: "E", value: [{ name: "A", number: 0 }] }] },
      ...[3, 5, 8, 9, 12, 13].map((type) => ({
        messageType: [{ name: "M", field: [{ ...message.field[0], type, defaultValue: evil, jsonName: evil }] }],
      })),
      {
        service: [{ name: "S", method: [{ name: "A", inputType: ".a.v1.M", outputType: ".a.v1.M" }] }],
        sourceCodeInfo: { location: comments },
      },
    ];
    for (const init of inits) {
      const made = answer(requestOf([file(init)]));
      expect(made.error).toMatch(/^(?:|cannot parse int64 default value: .*)$/su);
      for (const { content } of made.file) {
        files++;
        // What is an identifier of the code is replaced, what stands in texts and comments is not.
        const { code } = transformSync(content, { loader: "ts", define: { EVIL: "REPLACED" } });
        expect(code).not.toContain("REPLACED");
      }
    }
  }
  expect(files).toBeGreaterThan(100);
});

test("a long comment and deep nesting take no longer than they are, and no stack", () => {
  const comment = "x */ y\n".repeat(30_000);
  const commented = file({
    sourceCodeInfo: { location: [{ path: [4, 0], span: [1, 0, 5], leadingComments: comment }] },
  });
  expect(answer(requestOf([commented])).error).toBe("");
  let nested: object = { name: "M" };
  for (let depth = 0; depth < 1_000; depth++) nested = { name: "M", nestedType: [nested] };
  expect(answer(requestOf([file({ messageType: [nested] })])).error).toBe("a.proto: messages are nested too deep");
});

test("whatever the bytes, the answer is files, or one line, or that they are none", () => {
  const enums = [{ name: "E", value: [{ name: "A", number: 0 }] }];
  const service = [{ name: "S", method: [{ name: "A", inputType: ".a.v1.M", outputType: ".a.v1.M" }] }];
  const whole = requestOf([
    file({ name: "b.proto", package: "b" }),
    file({ enumType: enums, service, dependency: ["b.proto"] }),
  ]);
  const random = new Random(7);
  const outcomes = { files: 0, error: 0, none: 0 };
  for (let i = 0; i < 2_000; i++) {
    const bytes = whole.slice(0, random.below(4) === 0 ? random.below(whole.length) : whole.length);
    for (let flips = random.below(4); flips > 0 && bytes.length > 0; flips--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    let request;
    try {
      request = readRequest(bytes);
    } catch {
      outcomes.none++;
      continue;
    }
    const parts: Uint8Array[] = [];
    generatePieces(
      request,
      rules,
      () => {},
      (piece) => parts.push(piece),
    );
    const { error, file: files } = fromBinary(CodeGeneratorResponseSchema, Buffer.concat(parts));
    if (error === "") outcomes.files++;
    else {
      outcomes.error++;
      for (const line of error.split("\n")) expect(line).toMatch(/^(?:\t|[^\p{Cc}\u2028\u2029])+$/u);
    }
    for (const { name } of files) expect(name).not.toMatch(/^\/|(?:^|\/)\.{1,2}(?:\/|$)|\\|\p{Cc}/u);
  }
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(50);
});

test("the program says it in one line too", () => {
  const program = fileURLToPath(new URL("../../../generator/bin/protoc-gen-crucible.js", import.meta.url));
  for (const input of [Buffer.from([0xff, 0xff, 0xff]), Buffer.from("not a request at all"), Buffer.alloc(3, 0x0a)]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { input });
    expect([status, stdout.length]).toEqual([1, 0]);
    expect(String(stderr)).toMatch(/^protoc-gen-crucible found no CodeGeneratorRequest[^\n]*\n$/);
  }
});
