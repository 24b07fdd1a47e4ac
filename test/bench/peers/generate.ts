// The peers' generated code, made of the same schemas by the generators that are installed, into a folder that git ignores.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const protos = join(root, "test/bench/proto");
/** Where the generated code lies. */
export const peersFolder: string = join(root, ".cache/bench");
/** The schemas' folder below that of all schemas. */
const schemas = "bench/codec/v1";
/** 64-bit integers as bigint and oneofs as unions, which is what the others do too; no JSON, no services. */
const tsProtoOptions = [
  "forceLong=bigint",
  "oneof=unions-value",
  "esModuleInterop=true",
  "importSuffix=.js",
  "outputJsonMethods=false",
  "outputPartialMethods=false",
  "outputServices=none",
];

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
}

/** Makes the code of protobufjs and ts-proto anew. protobuf-es and ours are made by `npm run generate`. */
export function generatePeers(): void {
  rmSync(peersFolder, { recursive: true, force: true });
  mkdirSync(peersFolder, { recursive: true });
  writeFileSync(join(peersFolder, "package.json"), '{"type": "module"}\n');
  generateProtobufjs();
  generateTsProto();
}

/** All schemas in one module, since modules would overwrite each other's classes in the root that they share; and the note alone. */
function generateProtobufjs(): void {
  const all = readdirSync(join(protos, schemas));
  for (const [name, files] of [
    ["protobufjs", all],
    ["protobufjs-note", ["note.proto"]],
  ] as const) {
    const out = join(peersFolder, `${name}.js`);
    const pbjs = join(root, "node_modules/protobufjs-cli/bin/pbjs");
    const paths = files.map((file) => `${schemas}/${file}`);
    run(process.execPath, [pbjs, "-t", "static-module", "-w", "esm", "-p", protos, "-o", out, ...paths], protos);
  }
}

function generateTsProto(): void {
  const out = join(peersFolder, "ts-proto");
  const plugin = { local: ["node", join(root, "node_modules/ts-proto/protoc-gen-ts_proto")], out, opt: tsProtoOptions };
  const template = JSON.stringify({ version: "v2", plugins: [plugin] });
  run(join(root, "node_modules/.bin/buf"), ["generate", ".", "--path", schemas, "--template", template], protos);
  for (const path of readdirSync(out, { recursive: true, encoding: "utf8" }).filter((one) => one.endsWith(".ts"))) {
    const { code } = transformSync(readFileSync(join(out, path), "utf8"), { loader: "ts", target: "node20" });
    writeFileSync(join(out, path.replace(/ts$/, "js")), code);
  }
}
