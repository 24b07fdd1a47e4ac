// Where buf looks for .proto files. Ours have to be among them, and buf reads nothing outside the folder of buf.yaml. So
// a workspace is put together in a temporary folder: links to the modules of the user, beside them ours, and a buf.yaml
// that names all. Nothing is written into the user's own folders.
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { mistake } from "../errors.js";
import { readYaml } from "./template.js";

/** Name of the module that holds our .proto files, at the top of the temporary workspace. */
const ownModule = ".crucible-gen";
/** Never linked with the module at the root of a workspace: thousands of files, none of them a schema of the user. */
const skipped = new Set(["node_modules", ".git", "buf.yaml", "buf.gen.yaml", ownModule]);

/** What to build. */
export interface WorkspaceRequest {
  /** The folder named by the input, absolute. */
  readonly input: string;
  /** Working directory, absolute. */
  readonly cwd: string;
  /** The folder of .proto files that we bring along. */
  readonly ownProto: string;
  /** An empty temporary folder to put the workspace into. */
  readonly stage: string;
}

/** A workspace that is ready to be built. */
export interface Workspace {
  /** Arguments of `buf build`, for the working directory {@link root}. */
  readonly args: readonly string[];
  /** Where the workspace is: the working directory of buf. */
  readonly root: string;
  /** The path to show for a file, given as buf prints it in messages about the build. */
  relocate(path: string): string;
  /** The path to show for a file, given as other .proto files import it. */
  locate(importPath: string): string;
  /** A path of the user, absolute, as buf has to be given it. */
  place(path: string): string;
  /** Whether a file that other .proto files import by this path exists in a module of the user. */
  has(importPath: string): boolean;
}

/** What of a buf.yaml decides where files are. */
interface Layout {
  /** Folder of buf.yaml or, without one, a folder above everything. */
  readonly root: string;
  /** Entries of `modules`; `path` is relative to the root, `.` for the root itself. */
  readonly modules: readonly Module[];
  /** Modules fetched from a registry. */
  readonly deps: readonly unknown[];
}

interface Module {
  readonly path: string;
  readonly [key: string]: unknown;
}

/**
 * Puts the workspace of one input together.
 *
 * @throws GeneratorError when the input is not there, or its buf.yaml cannot be used.
 */
export function stageWorkspace(request: WorkspaceRequest): Workspace {
  const { input, cwd, stage } = request;
  const shown = relative(cwd, input) || ".";
  if (!existsSync(input)) {
    throw mistake(`there is no folder ${shown}: put your .proto files there, or correct inputs in buf.gen.yaml`);
  }
  if (!statSync(input).isDirectory())
    throw mistake(`${shown} is a file: inputs in buf.gen.yaml has to name its folder`);
  const layout = findLayout(input, cwd) ?? { root: commonFolder(cwd, input), modules: [], deps: [] };
  const inside = slashes(relative(layout.root, input)) || ".";
  const modules = layout.modules.length > 0 ? layout.modules : [{ path: inside }];
  const folders = modules.map((module) => join(layout.root, module.path));
  const has = (path: string): boolean => folders.some((folder) => existsSync(join(folder, path)));

  linkModules(layout.root, modules, stage);
  const fetched = fetchesValidate(layout);
  const owned = linkOwn(request, (path) => has(path) || (fetched && path.startsWith("buf/validate/")));
  writeFileSync(join(stage, "buf.yaml"), JSON.stringify(bufYaml(layout, modules, owned.length > 0)));
  const lock = join(layout.root, "buf.lock");
  if (existsSync(lock)) symlinkSync(lock, join(stage, "buf.lock"));

  const module = modules.find(({ path }) => path === inside) ?? modules.find(({ path }) => isInside(inside, path));
  const args = module === undefined || module.path === inside ? [inside] : [module.path, "--path", inside];
  // Building the root means all of its modules; ours serve imports only.
  if (inside === ".") for (const folder of owned) args.push("--exclude-path", `${ownModule}/${folder}`);
  const show = (path: string): string => slashes(relative(cwd, path));
  return {
    args,
    root: stage,
    relocate: (path) => {
      if (isAbsolute(path)) return show(path);
      return path.startsWith(`${ownModule}/`) ? path.slice(ownModule.length + 1) : show(join(layout.root, path));
    },
    locate: (path) => {
      const folder = folders.find((candidate) => existsSync(join(candidate, path)));
      return folder === undefined ? path : show(join(folder, path));
    },
    place: (path) => slashes(relative(layout.root, path)) || ".",
    has,
  };
}

/**
 * What an input is read from: the folders of its modules, and the files that say which these are, whether they are there
 * or not. All absolute.
 *
 * @throws GeneratorError when a buf.yaml cannot be used.
 */
export function sourcesOf(input: string, cwd: string): { folders: string[]; settings: string[] } {
  const layout = findLayout(input, cwd);
  const { root, modules } = layout ?? { root: input, modules: [] };
  const folders = modules.map((module) => join(root, module.path));
  const places = [...new Set([input, root])];
  return {
    folders: folders.length > 0 ? folders : [input],
    settings: places.flatMap((folder) => ["buf.yaml", "buf.lock", "buf.work.yaml"].map((name) => join(folder, name))),
  };
}

/** Finds the buf.yaml that governs a folder, as buf does: the nearest one above that has the folder in a module. */
function findLayout(input: string, cwd: string): Layout | undefined {
  for (let folder = input; ; folder = dirname(folder)) {
    const path = join(folder, "buf.yaml");
    const shown = slashes(relative(cwd, path));
    if (existsSync(path)) {
      const { version, modules, deps = [] } = readYaml(path, shown);
      if (version !== "v2") throw mistake(`${shown} is not of version v2: run "npx buf config migrate" in its folder`);
      const listed = readModules(modules, shown);
      const inside = slashes(relative(folder, input)) || ".";
      if (inside === "." || listed.some((module) => isInside(inside, module.path))) {
        return { root: folder, modules: listed, deps: Array.isArray(deps) ? deps : [] };
      }
    }
    const old = join(folder, "buf.work.yaml");
    if (existsSync(old)) {
      throw mistake(`${slashes(relative(cwd, old))} is of version v1: run "npx buf config migrate" in its folder`);
    }
    if (dirname(folder) === folder) return undefined;
  }
}

function readModules(modules: unknown, path: string): Module[] {
  if (modules === undefined) return [{ path: "." }];
  if (!Array.isArray(modules)) throw mistake(`${path}: modules has to be a list such as [{path: proto}]`);
  return modules.map((module: Record<string, unknown>) => {
    const at = module["path"] ?? ".";
    const normal = typeof at === "string" ? slashes(join(at)).replace(/\/$/, "") : "..";
    if (isAbsolute(normal) || normal.split("/").includes("..")) {
      throw mistake(`${path}: a module has the path ${String(at)}; it has to lie within the folder of buf.yaml`);
    }
    const { lint: _l, breaking: _b, ...kept } = module;
    return { ...kept, path: normal };
  });
}

/** Links each module into the stage. Where one lies in another, the outer link shows it already. */
function linkModules(root: string, modules: readonly Module[], stage: string): void {
  const linked: string[] = [];
  const link = (path: string): void => {
    const target = join(root, path);
    if (!existsSync(target) || linked.some((other) => isInside(path, other))) return;
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    symlinkSync(target, join(stage, path), statSync(target).isDirectory() ? "junction" : "file");
    linked.push(path);
  };
  for (const { path } of modules.toSorted((a, b) => a.path.length - b.path.length)) {
    if (path !== ".") link(path);
    else for (const name of readdirSync(root)) if (!skipped.has(name)) link(name);
  }
}

/**
 * Links our .proto files into their module.
 *
 * @param without tells which of them the user has already.
 * @returns the top folders of what was linked.
 */
function linkOwn({ ownProto, stage }: WorkspaceRequest, without: (path: string) => boolean): string[] {
  const top = new Set<string>();
  for (const entry of readdirSync(ownProto, { recursive: true, withFileTypes: true })) {
    const path = slashes(relative(ownProto, join(entry.parentPath, entry.name)));
    if (!entry.isFile() || !path.endsWith(".proto") || without(path)) continue;
    const target = join(stage, ownModule, path);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(ownProto, path), target, "file");
    top.add(path.slice(0, path.indexOf("/")));
  }
  return [...top];
}

function bufYaml(layout: Layout, modules: readonly Module[], withOwn: boolean): object {
  const listed = modules.map((module) =>
    module.path === "." && withOwn
      ? { ...module, excludes: [...((module["excludes"] as string[] | undefined) ?? []), ownModule] }
      : module,
  );
  return { version: "v2", deps: layout.deps, modules: withOwn ? [...listed, { path: ownModule }] : listed };
}

/** Whether the user gets buf/validate/validate.proto from a registry. */
function fetchesValidate(layout: Layout): boolean {
  return layout.deps.some((dep) => /\/protovalidate(?::|$)/.test(String(dep)));
}

/** The deepest folder that holds both. */
function commonFolder(a: string, b: string): string {
  let folder = a;
  while (!isInside(slashes(relative(folder, b)), ".")) folder = dirname(folder);
  return folder;
}

function isInside(path: string, folder: string): boolean {
  if (folder === ".") return !path.startsWith("../") && path !== ".." && !isAbsolute(path);
  return path === folder || path.startsWith(`${folder}/`);
}

function slashes(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
