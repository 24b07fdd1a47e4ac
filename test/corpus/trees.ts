// Schema trees as their authors publish them, compiled: what no compiler takes is left out and counted.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { root } from "./root.js";

/** A tree of .proto files to compile. */
export interface TreeSource {
  readonly name: string;
  /** Folders from which imports are resolved, the first one that has a file wins. */
  readonly roots: readonly string[];
  /** That of the package they are from, whose files stay as they are: what was compiled of it before is taken again. */
  readonly version?: string;
  /** Paths to keep; default all. */
  readonly only?: (path: string) => boolean;
}

/** A compiled tree. */
export interface Tree {
  readonly name: string;
  /** Every file, imports first; those of protobuf itself that the tree imports are among them. */
  readonly files: readonly FileDescriptorProto[];
  /** Lines of the .proto files that were compiled. */
  readonly lines: number;
  /** Files that import what the tree does not have, or that buf refuses. */
  readonly leftOut: readonly string[];
}

/** Files whose codecs the runtime has. */
export const wellKnown =
  /^google\/protobuf\/(any|api|descriptor|duration|empty|field_mask|source_context|struct|timestamp|type|wrappers|compiler\/plugin)\.proto$/;
const importStatement = /^\s*import\s+(?:public\s+|weak\s+|option\s+)?"([^"]+)"\s*;/gm;

/** What is kept of a compiled tree beside its image. */
type Kept = Pick<Tree, "lines" | "leftOut"> & { readonly version?: string };

/**
 * Compiles a tree with buf, or takes what was compiled before.
 *
 * @throws Error when buf fails for another reason than what is in the files.
 */
export function compileTree(source: TreeSource): Tree {
  const { name } = source;
  const image = join(root, `.cache/corpus/staged/${name}.binpb`);
  const facts = join(root, `.cache/corpus/staged/${name}.json`);
  let kept = existsSync(facts) && existsSync(image) ? (JSON.parse(readFileSync(facts, "utf8")) as Kept) : undefined;
  if (kept === undefined || source.version === undefined || kept.version !== source.version) {
    rmSync(facts, { force: true });
    kept = { ...buildTree(source), ...(source.version !== undefined && { version: source.version }) };
    writeFileSync(facts, JSON.stringify(kept));
  }
  const { lines, leftOut } = kept;
  return { name, files: fromBinary(FileDescriptorSetSchema, readFileSync(image)).file, lines, leftOut };
}

function buildTree({ name, roots, only = () => true }: TreeSource): Kept {
  const sources = new Map<
    string,
    { readonly file: string; readonly text: string; readonly imports: readonly string[] }
  >();
  for (const from of roots) {
    for (const path of protosIn(from)) {
      if (sources.has(path) || wellKnown.test(path)) continue;
      const file = join(from, path);
      const text = readFileSync(file, "utf8");
      sources.set(path, { file, text, imports: [...text.matchAll(importStatement)].map((match) => match[1]!) });
    }
  }
  const wanted = new Set<string>();
  const want = (path: string): void => {
    if (wanted.has(path) || !sources.has(path)) return;
    wanted.add(path);
    sources.get(path)!.imports.forEach(want);
  };
  [...sources.keys()].filter(only).forEach(want);
  const leftOut = new Set<string>();
  const leaveOut = (path: string): void => {
    if (leftOut.has(path)) return;
    leftOut.add(path);
    for (const other of wanted) {
      if (sources.get(other)!.imports.includes(path)) leaveOut(other);
    }
  };
  for (const path of wanted) {
    if (sources.get(path)!.imports.some((one) => !wellKnown.test(one) && !wanted.has(one))) leaveOut(path);
  }
  const staged = join(root, `.cache/corpus/staged/${name}`);
  for (;;) {
    const kept = [...wanted].filter((path) => !leftOut.has(path));
    rmSync(staged, { recursive: true, force: true });
    for (const path of kept) {
      mkdirSync(dirname(join(staged, path)), { recursive: true });
      cpSync(sources.get(path)!.file, join(staged, path));
    }
    const refused = build(staged);
    if (refused !== undefined) {
      if (refused.length === 0) throw new Error(`buf says nothing of why ${name} does not compile`);
      refused.forEach(leaveOut);
      continue;
    }
    const lines = kept.reduce((sum, path) => sum + sources.get(path)!.text.split("\n").length - 1, 0);
    return { lines, leftOut: [...leftOut].toSorted() };
  }
}

/** Makes the image of a folder. @returns the files that are wrong; undefined when none is. */
function build(folder: string): string[] | undefined {
  const image = `${folder}.binpb`;
  const args = ["build", folder, "--error-format", "json", "--as-file-descriptor-set", "-o", image];
  rmSync(image, { force: true });
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin/buf"), args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status === 0 && existsSync(image)) return undefined;
  const mistakes = `${stdout}\n${stderr}`.split("\n").filter((line) => line.startsWith("{"));
  const paths = mistakes.map((line) => (JSON.parse(line) as { path?: string }).path ?? "");
  const found = paths.map((path) => path.split(`${folder.slice(root.length)}/`).at(-1)!).filter((path) => path !== "");
  return [...new Set(found)];
}

function protosIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".proto") && !path.includes("node_modules/"))
    .toSorted();
}

/** Some files of a tree, with what they import. */
export function withImports(tree: Tree, paths: readonly string[]): Tree {
  const byName = new Map(tree.files.map((file) => [file.name, file]));
  const needed = new Set<string>();
  const need = (path: string): void => {
    if (needed.has(path)) return;
    needed.add(path);
    byName.get(path)?.dependency.forEach(need);
  };
  paths.forEach(need);
  return { ...tree, files: tree.files.filter(({ name }) => needed.has(name)) };
}

/**
 * Cuts the files of a tree into parts that give about as much code each; files of one folder stay together as far as that goes.
 *
 * @param paths files of the tree.
 */
export function cut(tree: Tree, paths: readonly string[], parts: number): string[][] {
  const byName = new Map(tree.files.map((file) => [file.name, file]));
  const weights = paths.toSorted().map((path) => [path, weightOf(byName.get(path)!)] as const);
  let left = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const result: string[][] = [[]];
  let here = 0;
  for (const [path, weight] of weights) {
    // A file that weighs more than a part is one of its own; what is left is cut into the parts that are left.
    const fair = (here + left) / (parts - result.length + 1);
    if (here > 0 && result.length < parts && here + weight / 2 > fair) {
      result.push([]);
      here = 0;
    }
    result.at(-1)!.push(path);
    here += weight;
    left -= weight;
  }
  return result;
}

/** About how much code a file gives: its fields and messages. */
function weightOf({ messageType }: FileDescriptorProto): number {
  const weigh = ({ field, nestedType }: DescriptorProto): number =>
    1 + field.length + nestedType.reduce((sum, nested) => sum + weigh(nested), 0);
  return messageType.reduce((sum, message) => sum + weigh(message), 1);
}
