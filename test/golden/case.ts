// Golden cases: golden/cases/<name> with its .proto files in proto/, the plugin's options in `options` (optional), and
// what must come out: files in expect/<target> with what the user is told in notes.txt, or the error in stderr.txt.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { headerMark, headerText } from "../../generator/emit/file.js";
import { type TargetName, targetNames } from "../../generator/options.js";
import { bufProgram, runBuf } from "../support/buf.js";

/** What the golden tests know of a target. */
interface TargetLayout {
  /** Its folder below `expect`. */
  readonly folder: string;
  /** What each of its files begins with. */
  readonly start: string;
  /** With which parser prettier has to leave its files as they are; undefined when it has none. */
  readonly parser: "typescript" | "markdown" | undefined;
}

/** Each target has an entry. */
const layouts: Readonly<Record<TargetName, TargetLayout>> = {
  ts: { folder: "typescript", start: headerMark, parser: "typescript" },
  markdown: { folder: "markdown", start: `<!-- ${headerText}`, parser: "markdown" },
};

/** The root of the repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));
const casesDir = join(root, "golden/cases");
const bufManifest = join(dirname(bufProgram), "../package.json");

/** One golden case. */
export interface GoldenCase {
  readonly name: string;
  readonly dir: string;
  /** Paths of its .proto files, as `import` would name them. */
  readonly protos: readonly string[];
  /** Parameter of the plugin. */
  readonly parameter: string;
  /** The target that it names. */
  readonly target: TargetName;
  readonly layout: TargetLayout;
}

/** Every case, by name. */
export const allCases: readonly GoldenCase[] = readdirSync(casesDir)
  .toSorted()
  .map((name) => {
    const dir = join(casesDir, name);
    const options = join(dir, "options");
    const parameter = existsSync(options) ? readFileSync(options, "utf8").trim() : "";
    const named = /(?:^|,)target=(\w+)/.exec(parameter)?.[1];
    const target = targetNames.find((one) => one === named) ?? "ts";
    return {
      name,
      dir,
      protos: walk(join(dir, "proto")).filter((path) => path.endsWith(".proto")),
      parameter,
      target,
      layout: layouts[target],
    };
  });

/** Those whose target is TypeScript. */
export const cases: readonly GoldenCase[] = allCases.filter(({ target }) => target === "ts");

/** Paths of all files below a directory, relative to it, sorted; none when it does not exist. */
export function walk(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(dir, path)).isFile())
    .map((path) => relative(dir, join(dir, path)).replaceAll("\\", "/"))
    .toSorted();
}

const compiled = new Map<string, FileDescriptorProto[]>();

/** Compiles a case by buf and puts the request together that a compiler would send. */
export function compile(golden: GoldenCase): CodeGeneratorRequest {
  let files = compiled.get(golden.name);
  if (files === undefined) compiled.set(golden.name, (files = readCase(golden)));
  return create(CodeGeneratorRequestSchema, {
    protoFile: files,
    fileToGenerate: [...golden.protos],
    parameter: golden.parameter,
  });
}

/** What buf makes of a case: made once for all tests, for as long as buf and the schemas stay as they are. */
function imageOf(golden: GoldenCase): Uint8Array {
  const folders = [join(root, "proto"), join(golden.dir, "proto")];
  const hash = createHash("sha256").update(`${readFileSync(bufManifest, "utf8")}\n${golden.name}\n`);
  for (const folder of folders) {
    for (const path of walk(folder)) hash.update(`${path}\n${readFileSync(join(folder, path), "utf8")}\n`);
  }
  const image = join(root, ".cache/golden-images", hash.digest("hex").slice(0, 16));
  if (existsSync(image)) return readFileSync(image);
  const modules = folders.map((folder) => ({ path: relative(root, folder) }));
  const config = JSON.stringify({ version: "v2", modules });
  const bytes = runBuf(root, ["build", ".", "--config", config, "-o", "-#format=binpb"]);
  // Moved into place whole: tests in other processes may want the same.
  mkdirSync(dirname(image), { recursive: true });
  writeFileSync(`${image}.${process.pid}`, bytes);
  renameSync(`${image}.${process.pid}`, image);
  return bytes;
}

function readCase(golden: GoldenCase): FileDescriptorProto[] {
  const all = fromBinary(FileDescriptorSetSchema, imageOf(golden)).file;
  const byName = new Map(all.map((file) => [file.name, file]));
  const wanted = new Set<FileDescriptorProto>();
  const want = (name: string): void => {
    const file = byName.get(name);
    if (file === undefined || wanted.has(file)) return;
    for (const dependency of file.dependency) want(dependency);
    wanted.add(file);
  };
  for (const proto of golden.protos) want(proto);
  return [...wanted];
}
