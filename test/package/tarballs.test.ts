// What is published, as a user gets it: packed, installed outside of the repository, used.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notes, plain } from "../integration/generate/protos.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "crucible-package-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);

/** What `npm pack --json` says. */
interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** The part of a package.json that is looked at. */
interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

let generator: Packed;
let runtime: Packed;
function pack(...where: string[]): Packed {
  const args = ["pack", "--json", "--pack-destination", folder, ...where];
  const answer = execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return (JSON.parse(answer) as [Packed])[0];
}

beforeAll(() => {
  generator = pack();
  runtime = pack("-w", "crucible-runtime");
}, 120_000);

function makeProject(name: string, files: Readonly<Record<string, string>>): string {
  const dir = join(folder, name);
  for (const [path, text] of Object.entries({ "package.json": '{"type": "module"}', ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

/** Runs a program that has to succeed; its output. */
function run(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: "", XDG_STATE_HOME: "", XDG_DATA_HOME: "" },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? ""}${stdout}${stderr}`);
  return stdout;
}

function install(cwd: string, ...packages: string[]): void {
  const cache = execFileSync("npm", ["config", "get", "cache"], { encoding: "utf8" }).trim();
  run(cwd, "npm", "install", "--no-audit", "--no-fund", "--cache", cache, ...packages);
}

/** Every installed package, by the folder it is in. */
function installed(cwd: string): Map<string, Manifest> {
  const found = new Map<string, Manifest>();
  for (const path of readdirSync(join(cwd, "node_modules"), { recursive: true, encoding: "utf8" })) {
    if (!/(?:^|\/)(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/.test(path)) continue;
    const owner = dirname(path);
    // Packages lie directly below a node_modules; deeper package.json files only mark the kind of modules.
    if (!/^(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+$/.test(owner)) continue;
    found.set(owner, JSON.parse(readFileSync(join(cwd, "node_modules", path), "utf8")) as Manifest);
  }
  return found;
}

function sizeBytes(dir: string): number {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .map((path) => lstatSync(join(dir, path)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

describe("what is packed", () => {
  test("publint and attw find nothing wrong", () => {
    for (const { filename } of [generator, runtime]) {
      run(root, "npx", "publint", "run", join(folder, filename), "--level", "error");
    }
    run(root, "npx", "attw", join(folder, runtime.filename), "--profile", "esm-only");
  });

  test("the generator: launchers, bundles, contracts; no sources, tests or workspaces", () => {
    const paths = generator.files.map(({ path }) => path).filter((path) => !/^proto\/.*\.proto$/.test(path));
    expect(paths.filter((path) => !/^generator\/dist\/[\w-]+\.mjs$/.test(path)).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "generator/bin/crucible-gen.js",
      "generator/bin/protoc-gen-crucible.js",
      "package.json",
      "proto/PROTOCOL.md",
      "proto/buf.yaml",
    ]);
    const packed = generator.files.map(({ path }) => path);
    for (const needed of [
      "generator/dist/crucible-gen.mjs",
      "generator/dist/protoc-gen-crucible.mjs",
      "proto/crucible/options/v1/options.proto",
      "proto/buf/validate/validate.proto",
    ]) {
      expect(packed).toContain(needed);
    }
    const launchers = generator.files.filter(({ path }) => path.startsWith("generator/bin/"));
    expect(launchers.map(({ mode }) => mode & 0o111)).toEqual([0o111, 0o111]);
  });

  test("the generator depends on buf and protobuf-es, on nothing else", () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
    expect(Object.keys(dependencies ?? {})).toEqual(["@bufbuild/buf", "@bufbuild/protobuf", "@bufbuild/protoc-gen-es"]);
  });

  test("the runtime: what was compiled, no sources, nothing of this machine", () => {
    const paths = runtime.files.map(({ path }) => path);
    expect(paths.filter((path) => !/^(?:dist\/[\w/-]+\.d\.ts|bundle\/[\w/-]+\.js)$/.test(path)).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "package.json",
    ]);
    expect(paths).toContain("bundle/plugin.js");
  });
});

describe("the runtime alone", () => {
  let dir: string;
  beforeAll(() => {
    dir = makeProject("alone", {});
    install(dir, join(folder, runtime.filename));
  }, 120_000);

  test("brings nothing of the generator", () => {
    const names = [...installed(dir).values()].map(({ name }) => name);
    expect(names).toContain("crucible-runtime");
    for (const weight of ["ts-morph", "prettier", "handlebars", "yargs", "typescript", "yaml", "crucible-gen"]) {
      expect(names).not.toContain(weight);
    }
    expect(names.filter((name) => /^@bufbuild\/(?!protobuf$)/.test(name))).toEqual([]);
  });

  test("names the package that a pattern needs and nobody installed", () => {
    const script = `const { Re2 } = await import("crucible-runtime/codegen/v1/re2");
      try { new Re2("a"); } catch ({ message }) { console.log(message); }`;
    expect(run(dir, process.execPath, "--input-type=module", "-e", script)).toBe(
      "@bufbuild/re2 cannot be loaded, and a pattern of the schema needs it: install it (npm install @bufbuild/re2)\n",
    );
  });

  test("needs no install script", () => {
    const packages = installed(dir);
    expect(packages.size).toBeGreaterThan(3);
    const scripted = [...packages].filter(([, { scripts = {} }]) =>
      ["preinstall", "install", "postinstall"].some((name) => name in scripts),
    );
    expect(scripted.map(([path]) => path)).toEqual([]);
    const native = readdirSync(join(dir, "node_modules"), { recursive: true, encoding: "utf8" });
    expect(native.filter((path) => /(?:^|\/)binding\.gyp$/.test(path))).toEqual([]);
  });

  test("weighs under 12 MB", () => {
    expect(sizeBytes(join(dir, "node_modules"))).toBeLessThan(12_000_000);
  });

  test("can be imported by every public name", () => {
    const { exports } = JSON.parse(readFileSync(join(root, "runtime/typescript/package.json"), "utf8")) as {
      exports: Record<string, unknown>;
    };
    const paths = Object.keys(exports).filter((path) => !/[*]|\.json$/.test(path));
    const names = [...paths, "./codegen/v1/plugin"].map((path) => `crucible-runtime${path.slice(1)}`);
    expect(names).toContain("crucible-runtime/daemon");
    const script = `for (const name of ${JSON.stringify(names)}) if (Object.keys(await import(name)).length === 0) throw name`;
    run(dir, process.execPath, "--input-type=module", "-e", script);
  });
});

function said(method: string): string {
  return `NOT_IMPLEMENTED true SearchProvider.${method} is not implemented yet: write it in src/search-provider.ts\n`;
}

describe("both, in an empty folder", () => {
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    module: "nodenext",
    rootDir: ".",
    outDir: "dist",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    allowUnreachableCode: false,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    isolatedDeclarations: true,
    declaration: true,
    erasableSyntaxOnly: true,
  };
  let dir: string;
  beforeAll(() => {
    dir = makeProject("both", {
      "proto/acme/v1/notes.proto": notes,
      "tsconfig.json": JSON.stringify({ compilerOptions, include: ["src", "gen"] }),
      "src/main.ts": `import { Code, createDaemon, CrucibleError } from "crucible-runtime/daemon";
import { SearchProvider } from "../gen/acme/v1/notes_daemon.js";

await using daemon = await createDaemon({ name: "tarballs" });
const plugin = await daemon.launch({ id: "search", command: [process.execPath, "dist/src/search-provider.js"] });
const search = plugin.client(SearchProvider);
const attempts = [
  (): Promise<unknown> => search.query({ text: "x" }),
  (): Promise<unknown> => search.put([{ id: "1" }]),
  async (): Promise<void> => {
    for await (const change of search.watch({ text: "x" })) console.log(change.id);
  },
];
for (const attempt of attempts) {
  try {
    await attempt();
    console.log("answered");
  } catch (error) {
    if (!(error instanceof CrucibleError)) throw error;
    console.log(error.reason, error.code === Code.Unimplemented, error.message);
  }
}
`,
    });
    install(dir, join(folder, generator.filename), join(folder, runtime.filename), "@bufbuild/protobuf");
    install(dir, "--save-dev", "typescript", "@types/node@20");
  }, 300_000);

  test("generate, compile without an error under the strictest flags, run: each method says that it is not written", () => {
    run(dir, "npx", "crucible-gen", "generate");
    run(dir, "npx", "tsc", "--noEmit");
    run(dir, "npx", "tsc");
    expect(run(dir, process.execPath, "dist/src/main.js")).toBe(said("Query") + said("Put") + said("Watch"));
  }, 120_000);

  test("init, in an empty folder: installed by its plain version ranges, it generates, compiles and passes its tests", () => {
    const own = join(folder, "fresh");
    run(dir, "npx", "crucible-gen", "init", own);
    const manifest = readFileSync(join(own, "package.json"), "utf8");
    const { dependencies, devDependencies } = JSON.parse(manifest) as Manifest;
    for (const range of Object.values({ ...dependencies, ...devDependencies })) {
      expect(range).toMatch(/^[\^~]\d+\.\d+\.\d+$/);
    }
    install(own, "--no-save", join(folder, generator.filename), join(folder, runtime.filename));
    expect(readFileSync(join(own, "package.json"), "utf8")).toBe(manifest);
    expect(run(own, "npm", "test")).toMatch(/^(?:#|ℹ) fail 0$/m);
    const command = ["call", "--command", "node dist/src/fresh.js"];
    expect(run(own, "npx", "crucible-gen", ...command, "Greet", '{"name":"Ada"}')).toBe('{"text":"Hello, Ada!"}\n');
  }, 300_000);

  test("buf by itself in an npm script writes the same, for schemas that need nothing of ours", () => {
    const own = join(dir, "packages/plain");
    mkdirSync(join(own, "proto"), { recursive: true });
    writeFileSync(join(own, "package.json"), '{"type": "module", "scripts": {"buf": "buf generate"}}');
    writeFileSync(join(own, "proto/plain.proto"), plain);
    run(own, "npx", "crucible-gen", "generate", "--no-skeleton");
    const before = read(join(own, "gen"));
    expect(Object.keys(before)).toContain("plain_service.ts");
    rmSync(join(own, "gen"), { recursive: true });
    run(own, "npm", "run", "buf");
    expect(read(join(own, "gen"))).toEqual(before);
  }, 120_000);
});

test("a copy of the example, with its plain version ranges, is generated, built and run", () => {
  const dir = join(folder, "knowledge");
  const example = join(root, "examples/knowledge");
  const left = new Set(["dist", "node_modules"].map((name) => join(example, name)));
  cpSync(example, dir, { recursive: true, filter: (path) => !left.has(path) });
  const manifest = readFileSync(join(dir, "package.json"), "utf8");
  const generated = read(join(dir, "gen"));
  // Not saved: what package.json asks for stays as a user finds it, and the tarballs must satisfy it.
  install(dir, "--no-save", join(folder, generator.filename), join(folder, runtime.filename));
  expect(readFileSync(join(dir, "package.json"), "utf8")).toBe(manifest);
  rmSync(join(dir, "gen"), { recursive: true });
  run(dir, "npx", "crucible-gen", "generate");
  expect(read(join(dir, "gen"))).toEqual(generated);
  run(dir, "npm", "run", "build");
  expect(run(dir, "npm", "start")).toContain("20 documents");
}, 300_000);

/** Every file below a folder with its content. */
function read(dir: string): Record<string, string> {
  const paths = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((path) =>
    lstatSync(join(dir, path)).isFile(),
  );
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(dir, path), "utf8")]));
}
