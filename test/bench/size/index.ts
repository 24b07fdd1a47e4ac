import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { figures } from "../numbers.js";
import { generatePeers, peersFolder } from "../peers/generate.js";
import type { BenchResult } from "../report/result.js";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const gen = `${root}test/bench/gen/bench`;
const peers = peersFolder;

/** What a program imports that encodes and decodes the note message. */
const codecs: Readonly<Record<string, string>> = {
  crucible: `export { encodeNote, decodeNote } from "${gen}/codec/v1/note_codec.ts";`,
  protobufjs: `import * as pb from "${peers}/protobufjs-note.js"; export const Note = pb.bench.codec.v1.Note;`,
  "protobuf-es": `import { fromBinary, toBinary } from "@bufbuild/protobuf";
    import { NoteSchema } from "${gen}/codec/v1/note_pb.ts";
    export const encodeNote = (note) => toBinary(NoteSchema, note), decodeNote = (bytes) => fromBinary(NoteSchema, bytes);`,
  "ts-proto": `export { Note } from "${peers}/ts-proto/bench/codec/v1/note.js";`,
};

/** The same message with rules. */
const validated: Readonly<Record<string, string>> = {
  crucible: `export { encodeNote, decodeNote } from "${gen}/rules/v1/rules_codec.ts";
    export { validateNote } from "${gen}/rules/v1/rules_validate.ts";`,
  "protobuf-es": `import { fromBinary, toBinary } from "@bufbuild/protobuf";
    import { createValidator } from "@bufbuild/protovalidate";
    import { NoteSchema } from "${gen}/rules/v1/rules_pb.ts";
    const validator = createValidator();
    export const encodeNote = (note) => toBinary(NoteSchema, note), decodeNote = (bytes) => fromBinary(NoteSchema, bytes);
    export const validateNote = (note) => validator.validate(NoteSchema, note);`,
};

/** How large a bundle is, minified by esbuild, in bytes. */
export async function bundleSize(entry: string): Promise<{ readonly minified: number; readonly gzip: number }> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root, loader: "js" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    legalComments: "none",
    write: false,
  });
  const { contents } = outputFiles[0]!;
  return { minified: contents.length, gzip: gzipSync(contents).length };
}

/** Bytes that a bundler makes of the code for one message. */
export async function benchSize(): Promise<BenchResult> {
  generatePeers();
  const rows: string[][] = [["", "minified", "gzip"]];
  const ratios: Record<string, number> = {};
  const names = Object.keys(codecs);
  const sizes: Record<"note" | "validated-note", Record<string, number>> = { note: {}, "validated-note": {} };
  for (const [metric, entries] of [
    ["note", codecs],
    ["validated-note", validated],
  ] as const) {
    for (const [name, entry] of Object.entries(entries)) {
      const { minified, gzip } = await bundleSize(entry);
      sizes[metric][name] = minified;
      const what = metric === "note" ? "codec" : "codec and validator";
      rows.push([`${name}, ${what}`, minified.toLocaleString("en"), gzip.toLocaleString("en")]);
      if (name === "crucible") continue;
      ratios[`size-${metric}/${name}`] = figures(sizes[metric]["crucible"]! / minified);
    }
  }
  return {
    method: `Bundles of the generated code for the note message and what it needs of its runtime, made by esbuild with
minification: the codec alone, and the codec with the validator of the same message.`,
    rows,
    ratios,
    versions: {
      esbuild: "esbuild",
      protobufjs: "protobufjs",
      "protobuf-es": "@bufbuild/protobuf",
      protovalidate: "@bufbuild/protovalidate",
      "ts-proto": "ts-proto",
    },
    chart: {
      title: "Size",
      axis: "bytes of the minified bundle; shorter is better",
      series: names,
      groups: [
        { label: "note, codec", values: names.map((name) => sizes.note[name] ?? null) },
        { label: "note, with validator", values: names.map((name) => sizes["validated-note"][name] ?? null) },
      ],
    },
  };
}
