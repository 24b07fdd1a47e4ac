// Makes everything generated that is checked in once more, from nothing: the generator's own reader of options, the
// runtime's payload codecs and codecs of the well-known types, and the projects with
// a buf.gen.yaml of their own.
// Usage: npm run generate, or node generator/regenerate.mjs --check to only see whether it is fresh (exit code 1 if not).
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  file_google_protobuf_any,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import { file_google_protobuf_api } from "@bufbuild/protobuf/wkt/google/protobuf/api_pb.js";
import { file_google_protobuf_source_context } from "@bufbuild/protobuf/wkt/google/protobuf/source_context_pb.js";
import { file_google_protobuf_type } from "@bufbuild/protobuf/wkt/google/protobuf/type_pb.js";
import { bundle } from "./bundle.mjs";

const check = process.argv.includes("--check");
const root = fileURLToPath(new URL("..", import.meta.url));
const stage = join(root, ".cache/regenerate");
const protobufEs = {
  local: ["node", join(root, "node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es")],
  opt: ["target=ts", "import_extension=js", "erasable_syntax=true"],
};
const program = join(stage, "bundle/protoc-gen-crucible.mjs");
const stale = [];

/** Runs a command that says itself what is wrong. */
function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

/** Runs buf on our own contracts. */
function buf(path, ...plugins) {
  const template = JSON.stringify({ version: "v2", plugins });
  run(join(root, "node_modules/.bin/buf"), ["generate", "proto", "--path", path, "--template", template], root);
}

/** Runs our plugin on the well-known types that have a door, whose descriptors come with @bufbuild/protobuf. */
function wellKnownCodecs(out) {
  const files = [
    file_google_protobuf_any,
    file_google_protobuf_source_context,
    file_google_protobuf_type,
    file_google_protobuf_api,
    file_google_protobuf_descriptor,
    file_google_protobuf_compiler_plugin,
    file_google_protobuf_duration,
    file_google_protobuf_empty,
    file_google_protobuf_field_mask,
    file_google_protobuf_struct,
    file_google_protobuf_timestamp,
    file_google_protobuf_wrappers,
  ].map((file) => file.proto);
  const request = create(CodeGeneratorRequestSchema, {
    protoFile: files,
    fileToGenerate: files.map((file) => file.name),
    parameter: "emit=codec,bootstrap_wkt=true,runtime_import=../codegen/v1",
  });
  const answer = execFileSync(process.execPath, [program], {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 64 * 1024 * 1024,
  });
  const response = fromBinary(CodeGeneratorResponseSchema, answer);
  if (response.error !== "") throw new Error(response.error);
  for (const file of response.file) {
    const path = join(out, file.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.content);
  }
}

/** The files of a folder with their content; none when it is not there. */
function read(folder) {
  if (!existsSync(folder)) return new Map();
  const paths = readdirSync(folder, { recursive: true }).filter((path) => statSync(join(folder, path)).isFile());
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

/** Notes which files differ. */
function compare(folder, before, after) {
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(path) !== after.get(path)) stale.push(relative(root, join(folder, path)));
  }
}

/** Puts what was made in the stage where it belongs, or compares it with what is there. */
function install(made, folder) {
  compare(folder, read(folder), read(made));
  if (check) return;
  rmSync(folder, { recursive: true, force: true });
  cpSync(made, folder, { recursive: true });
}

rmSync(stage, { recursive: true, force: true });

buf("proto/crucible/options", { ...protobufEs, out: join(stage, "options") });
install(join(stage, "options"), join(root, "generator/gen"));
await bundle(dirname(program));

const runtime = join(stage, "runtime");
const ours = { local: ["node", program], opt: ["emit=codec", "runtime_import=../codegen/v1"] };
buf("proto/crucible/ipc", { ...protobufEs, out: runtime }, { ...ours, out: runtime });
wellKnownCodecs(runtime);
install(runtime, join(root, "runtime/typescript/src/gen"));

// The command starts the plugin as it is installed: from generator/dist.
if (!check || !existsSync(join(root, "generator/dist"))) await bundle();
const projects = [
  ["examples/knowledge", "--no-skeleton"],
  ["test/bench", "--no-skeleton"],
  ["test/integration/lab", "--no-skeleton"],
  ["test/integration/conform", "--no-skeleton"],
];
for (const [project, ...flags] of projects) {
  const cwd = join(root, project);
  const gen = join(cwd, "gen");
  const before = read(gen);
  // Tests may be reading it, so a check leaves what is fresh alone.
  if (!check) rmSync(gen, { recursive: true, force: true });
  run(process.execPath, [join(root, "generator/bin/crucible-gen.js"), "generate", ...flags], cwd);
  compare(gen, before, read(gen));
}

for (const path of stale) console.log(`${check ? "stale" : "changed"}: ${path}`);
if (check && stale.length > 0) {
  console.error("generated files are not fresh: run npm run generate and check them in");
  process.exitCode = 1;
}
