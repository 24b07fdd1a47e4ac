// Golden cases: golden/cases/<name> with its .proto files in proto/, the plugin's options in `options` (optional), and
// what must come out: files in expect/<target> with what the user is told in notes.txt, or the error in stderr.txt.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { headerMark, headerText } from "../../generator/emit/file.js";
import { type TargetName, targetNames } from "../../generator/options.js";

const run = promisify(execFile);

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

const compiled = new Map<string, Promise<FileDescriptorProto[]>>();

/** Compiles a case by buf and puts the request together that a compiler would send. */
export async function compile(golden: GoldenCase): Promise<CodeGeneratorRequest> {
  let files = compiled.get(golden.name);
  if (files === undefined) compiled.set(golden.name, (files = buildImage(golden)));
  return create(CodeGeneratorRequestSchema, {
    protoFile: await files,
    fileToGenerate: [...golden.protos],
    parameter: golden.parameter,
  });
}

async function buildImage(golden: GoldenCase): Promise<FileDescriptorProto[]> {
  const modules = [{ path: "proto" }, { path: relative(root, join(golden.dir, "proto")) }];
  const config = JSON.stringify({ version: "v2", modules });
  const { stdout } = await run(
    join(root, "node_modules/.bin/buf"),
    ["build", ".", "--config", config, "-o", "-#format=binpb"],
    { cwd: root, encoding: "buffer", maxBuffer: 256 * 1024 * 1024 },
  );
  const all = fromBinary(FileDescriptorSetSchema, stdout).file;
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
