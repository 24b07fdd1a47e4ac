// Joins what tsc has made of src: a hundred small modules cost a plugin 60 ms at its start, and every file that it loads one
// or two (Node 20, 2 cores; from seven files of the runtime to three, the import of a plugin went from 33 ms to 24). For Node
// all that generated code stands on is one file, `core`, to which package.json leads from each of its doors; what a plugin
// needs besides is another, `session`; and the doors themselves are small. Those of cel and re2 look for packages that few
// have, and those of messages that describe schemas are long and rarely wanted: they stay apart. Bundlers for anything else
// get many files, in `parts`, of which they keep what is used. Usage: node bundle.mjs, after tsc -b
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL(".", import.meta.url));
const dist = join(root, "dist");
const out = join(root, "bundle");

/** Doors of generated code that are files of their own. */
const schemas = ["api", "descriptor", "plugin", "source_context", "type"].map((name) => `wkt/${name}.js`);
const apart = ["cel.js", "re2.js", ...schemas].map((file) => join(dist, "codegen/v1", file));
const codegenDoors = readdirSync(join(dist, "codegen/v1"), { recursive: true })
  .filter((file) => file.endsWith(".js") && file !== "symbols.js")
  .map((file) => join(dist, "codegen/v1", file))
  .filter((file) => !apart.includes(file));
const [index, plugin, daemon] = ["index.js", "plugin/index.js", "daemon/index.js"].map((file) => join(dist, file));

/** What is a file of its own, small: all that it leads to is in a layer. */
const doors = [index, plugin, daemon, ...apart];

/** By module: the file of the bundle that it went into. */
const layers = new Map();
/** Modules that may import from a layer. */
const outsiders = readdirSync(dist, { recursive: true })
  .filter((file) => file.endsWith(".js"))
  .map((file) => join(dist, file));
/** Modules that are loaded when they are needed. */
const lazy = new Set();

const settings = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  // Names stay, so that a stack trace says something.
  minifyWhitespace: true,
  minifySyntax: true,
  // For an error that nobody catches Node prints the line it came from: 150 KB otherwise, behind which the error is lost.
  lineLimit: 120,
  legalComments: "none",
  logLevel: "warning",
  logLimit: 3,
};

/** Leads what is in a layer, and what is loaded later, to its file in the bundle: all of them are in one folder. */
const layered = {
  name: "layered",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
      if (kind === "entry-point") return undefined;
      const module = resolve(resolveDir, path);
      const file = kind === "dynamic-import" ? basename(module) : layers.get(module);
      // Without side effects: what a module asked for and what asked was dropped leaves no bare import.
      return file === undefined ? undefined : { path: `./${file}`, external: true, sideEffects: false };
    });
  },
};

/** The modules that `entries` load at once, without those of a layer. */
async function reach(entries) {
  const { metafile } = await build({
    ...settings,
    entryPoints: entries,
    write: false,
    metafile: true,
    splitting: true,
  });
  const reached = new Set(entries.filter((entry) => !layers.has(entry)));
  for (const module of reached) {
    for (const { path, external, kind } of metafile.inputs[module.slice(root.length)].imports) {
      const target = join(root, path);
      if (external === true || layers.has(target)) continue;
      if (kind === "dynamic-import") lazy.add(target);
      else reached.add(target);
    }
  }
  return [...reached];
}

/** What a module imports from others of ours, as tsc prints it. */
function importsOf(module) {
  const text = readFileSync(module, "utf8");
  const clauses = [...text.matchAll(/^(?:import|export) (.*?) from "(\.[^"]*)";/gm)];
  return clauses.map(([, names, path]) => {
    const target = resolve(dirname(module), path);
    if (!names.startsWith("{")) return { target, names: [] };
    const asked = names.slice(1, -1).split(",");
    return { target, names: asked.map((name) => name.trim().split(" ")[0]) };
  });
}

/**
 * One file of all that `entries` load at once. It exports what those of them do that are `ownDoors`, and what modules that
 * stay outside import.
 */
async function buildLayer(file, entries, ownDoors) {
  const modules = new Set((await reach(entries)).filter((module) => !doors.includes(module)));
  const wanted = [];
  for (const door of ownDoors) wanted.push({ target: door, names: Object.keys(await import(pathToFileURL(door))) });
  for (const from of outsiders) {
    if (modules.has(from) || layers.has(from)) continue;
    const imports = importsOf(from).filter(({ target }) => modules.has(target));
    const whole = imports.find(({ names }) => names.length === 0);
    if (whole !== undefined) throw new Error(`${from} takes all of ${whole.target}; it should name what it needs`);
    wanted.push(...imports);
  }
  const values = new Map();
  const lines = [];
  for (const { target, names } of wanted) {
    const module = await import(pathToFileURL(target));
    const other = names.find((name) => values.has(name) && values.get(name) !== module[name]);
    if (other !== undefined) throw new Error(`${file} would export two things as ${other}; rename that of ${target}`);
    const fresh = names.filter((name) => !values.has(name));
    for (const name of fresh) values.set(name, module[name]);
    if (fresh.length > 0) lines.push(`export { ${fresh.join(", ")} } from ${JSON.stringify(target)};`);
  }
  const stdin = { contents: lines.join("\n"), resolveDir: root, sourcefile: file };
  await build({ ...settings, stdin, outdir: undefined, outfile: join(out, file), plugins: [layered] });
  for (const module of modules) layers.set(module, file);
}

rmSync(out, { recursive: true, force: true });
await buildLayer("core.js", [...codegenDoors, index], codegenDoors);
await buildLayer("session.js", [plugin], []);
await build({
  ...settings,
  entryPoints: [...doors, ...lazy].map((path) => ({ in: path, out: nameOf(path) })),
  splitting: true,
  plugins: [layered],
});

/** Where the size of a program counts, modules that have a twin of less code, `…-small`, give way to it. */
const small = {
  name: "small",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => {
      const twin = join(resolveDir, path.replace(".js", "-small.js"));
      return existsSync(twin) ? { path: twin } : undefined;
    });
  },
};

await build({
  ...settings,
  platform: "neutral",
  entryPoints: [index, ...codegenDoors, ...apart],
  outbase: dist,
  outdir: join(out, "parts"),
  splitting: true,
  plugins: [small],
});

/** What the file of a module is called in the bundle. */
function nameOf(module) {
  if (module === index) return "index";
  if (module.startsWith(join(dist, "codegen/v1/wkt"))) return `wkt-${basename(module, ".js")}`;
  return module.endsWith("/index.js") ? basename(dirname(module)) : basename(module, ".js");
}
