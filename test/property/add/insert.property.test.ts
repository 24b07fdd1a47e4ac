// Methods added to files as their owners lay them out: nothing that was there changes, for the reader or the compiler.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, expect, test } from "vitest";
import { appendBlocks, findService, insertImport, insertMethod } from "../../../generator/add/insert.js";
import { applyEdits, type Edit } from "../../../generator/skeleton/edits.js";
import { Random } from "../../fuzz/random.js";
import { runBuf } from "../../support/buf.js";

const files = Number(process.env["ADD_FILES"] ?? 300);
const seed = Number(process.env["ADD_SEED"] ?? 7_100);
const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "crucible-add-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What may stand between any two tokens. */
const gaps = [
  " ",
  "  ",
  "\n",
  "\n\n",
  "\t",
  ' // c }{ "\n',
  "\n// service S {\n",
  " /* } */ ",
  "\n/* a\n * b; */\n",
  "\r\n",
];

/** A schema whose layout nobody would choose. */
function schemaText(random: Random, number: number): string {
  const chance = (share: number): boolean => random.below(100) < share * 100;
  const calm = chance(0.4);
  const gap = (usual: string): string => (calm || chance(0.6) ? usual : random.pick(gaps));
  const tokens = (line: string): string => line.replaceAll(" ", () => gap(" "));
  const lines = [tokens('syntax = "proto3" ;'), tokens(`package p${number} ;`)];
  for (const path of ["any", "empty"]) {
    if (chance(0.5)) lines.push(tokens(`import "google/protobuf/${path}.proto" ;`));
  }
  if (chance(0.3)) lines.push(tokens('option java_package = "a};service{" ;'));
  const methods = Array.from({ length: random.below(4) }, (_, i) =>
    chance(0.5)
      ? tokens(`rpc M${i} ( M ) returns ( stream M ) ;`)
      : tokens(`rpc M${i} ( stream .p${number}.M ) returns ( M ) { option deprecated = true ; }`),
  );
  const service = `service S {${gap("\n")}${methods.map((method) => `  ${method}${gap("\n")}`).join("")}${gap("")}}`;
  const message = tokens('message M { string s = 1 [ json_name = "}" ] ; }');
  const other = tokens("service Other { rpc M0 ( M ) returns ( M ) ; }");
  const blocks = [service, message, other].toSorted(() => (chance(0.5) ? 1 : -1));
  return [...lines, ...blocks].join(gap("\n\n")) + gap("\n");
}

/** Compiles files of one folder. */
function compile(texts: readonly string[], name: string): FileDescriptorProto[] {
  const dir = join(folder, name);
  mkdirSync(dir);
  for (const [i, text] of texts.entries()) writeFileSync(join(dir, `f${i}.proto`), text);
  runBuf(root, ["build", dir, "-o", join(folder, `${name}.binpb`)]);
  const { file } = fromBinary(FileDescriptorSetSchema, readFileSync(join(folder, `${name}.binpb`)));
  return texts.map((_, i) => file.find((one) => one.name === `f${i}.proto`)!);
}

/** The comments on what a file declares, by its path there: those above and behind it. */
function commentsOf(file: FileDescriptorProto): Record<string, string> {
  const told = file
    .sourceCodeInfo!.location // Imports and the end of the file may shift by what is inserted; what is declared must not.
    .filter(({ path }) => path[0] !== 3)
    .map(({ path, leadingComments, trailingComments }) => [path.join("."), `${leadingComments}|${trailingComments}`]);
  return Object.fromEntries(told) as Record<string, string>;
}

test(`${files} files: only insertions; the compiler sees the method, and every comment where it was`, () => {
  const before = Array.from({ length: files }, (_, i) => schemaText(new Random(seed + i), i));
  const after = before.map((text, i) => {
    const edits: Edit[] = [
      insertMethod(text, findService(text, "S")!, {
        name: "Added",
        request: "AddedRequest",
        response: "google.protobuf.Empty",
        clientStream: i % 2 === 0,
        serverStream: i % 3 === 0,
        comment: i % 5 === 0 ? "Added." : "",
      }),
      appendBlocks(text, [["message AddedRequest {}"]]),
    ];
    const imported = insertImport(text, "google/protobuf/empty.proto");
    if (imported !== undefined) edits.unshift(imported);
    expect(edits.every(({ start, end }) => start === end)).toBe(true);
    return applyEdits(text, edits);
  });
  const [old, now] = [compile(before, "before"), compile(after, "after")];
  for (const [i, was] of old.entries()) {
    const told = `ADD_SEED=${seed + i} ADD_FILES=1`;
    const is = now[i]!;
    const place = was.service.findIndex(({ name }) => name === "S");
    const methods = is.service[place]!.method;
    expect([told, methods.map(({ name }) => name)]).toEqual([
      told,
      [...was.service[place]!.method.map(({ name }) => name), "Added"],
    ]);
    expect(methods.at(-1)).toMatchObject({
      inputType: `.p${i}.AddedRequest`,
      outputType: ".google.protobuf.Empty",
      clientStreaming: i % 2 === 0,
      serverStreaming: i % 3 === 0,
    });
    expect(is.messageType.map(({ name }) => name)).toEqual(["M", "AddedRequest"]);
    const comments = commentsOf(is);
    for (const [path, comment] of Object.entries(commentsOf(was))) {
      // Of several comments behind the last method, the compiler chooses one by what follows them.
      const several = path === `6.${place}.2.${methods.length - 2}`;
      const shown = (text = ""): string => (several ? text.split("|")[0]! : text).trim();
      expect([told, path, shown(comments[path])]).toEqual([told, path, shown(comment)]);
    }
    const own = comments[`6.${place}.2.${methods.length - 1}`]!;
    expect([told, own.split("|")[0]!.trim()]).toEqual([told, i % 5 === 0 ? "Added." : ""]);
  }
});
