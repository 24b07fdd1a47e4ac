// What is published, as a user gets it: packed, installed outside of the repository, used.
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notes, plain } from "../integration/generate/protos.js";
import { type Both, install, makeProject, packBoth, read, removeHome, root, run } from "./packed.js";

let both: Both;
beforeAll(() => {
  both = packBoth();
}, 120_000);
afterAll(() => removeHome(), 60_000);

/** The part of a package.json that is looked at. */
interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
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
    for (const path of both.paths) {
      const said = run(root, "npx", "publint", "run", path, "--strict");
      expect(said).toContain("All good!");
    }
    // The generator has nothing that one imports.
    run(root, "npx", "attw", both.paths[1], "--profile", "esm-only");
  });

  test("the generator: launchers, bundles, contracts; no sources, tests or workspaces", () => {
    const paths = both.generator.files.map(({ path }) => path).filter((path) => !/^proto\/.*\.proto$/.test(path));
    expect(paths.filter((path) => !/^generator\/dist\/[\w-]+\.mjs$/.test(path)).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "generator/bin/crucible-gen.js",
      "generator/bin/protoc-gen-crucible.js",
      "package.json",
      "proto/PROTOCOL.md",
      "proto/buf.yaml",
    ]);
    const packed = both.generator.files.map(({ path }) => path);
    for (const needed of [
      "generator/dist/crucible-gen.mjs",
      "generator/dist/protoc-gen-crucible.mjs",
      "proto/crucible/options/v1/options.proto",
      "proto/buf/validate/validate.proto",
    ]) {
      expect(packed).toContain(needed);
    }
    const launchers = both.generator.files.filter(({ path }) => path.startsWith("generator/bin/"));
    expect(launchers.map(({ mode }) => mode & 0o111)).toEqual([0o111, 0o111]);
  });

  test("the generator depends on buf and protobuf-es, on nothing else", () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
    expect(Object.keys(dependencies ?? {})).toEqual(["@bufbuild/buf", "@bufbuild/protobuf", "@bufbuild/protoc-gen-es"]);
  });

  test("the runtime: what was compiled, no sources, nothing of this machine", () => {
    const paths = both.runtime.files.map(({ path }) => path);
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
    install(dir, both.paths[1]);
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

  test("names the package that shared memory needs, when it is demanded and nobody installed it", () => {
    const script = `const { createDaemon } = await import("crucible-runtime/daemon");
      const make = (use) => createDaemon({ name: "x", stateDirectory: "state", handoff: { use } });
      await make("on").catch(({ reason, message }) => console.log(reason + ": " + message));
      await (await make("auto")).close();`;
    expect(run(dir, process.execPath, "--input-type=module", "-e", script)).toBe(
      "HANDOFF_UNAVAILABLE: koffi cannot be loaded, and shared memory needs it: install it (npm install koffi), " +
        "or leave handoff at auto\n",
    );
  });

  test("needs no install script", () => {
    const packages = installed(dir);
    // Itself, and what it depends on.
    expect(packages.size).toBe(3);
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
    const paths = Object.keys(exports).filter((path) => !path.endsWith(".json"));
    const doors = readdirSync(join(root, "runtime/typescript/src/codegen/v1"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && path !== "symbols.ts")
      .map((path) => `./codegen/v1/${path.slice(0, -".ts".length)}`);
    expect(paths).toEqual(expect.arrayContaining(doors));
    const names = paths.map((path) => `crucible-runtime${path.slice(1)}`);
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
    install(dir, ...both.paths, "@bufbuild/protobuf");
    install(dir, "--save-dev", "typescript", "@types/node@20");
  }, 300_000);

  test("generate, compile without an error under the strictest flags, run: each method says that it is not written", () => {
    run(dir, "npx", "crucible-gen", "generate");
    run(dir, "npx", "tsc", "--noEmit");
    run(dir, "npx", "tsc");
    expect(run(dir, process.execPath, "dist/src/main.js")).toBe(said("Query") + said("Put") + said("Watch"));
  }, 120_000);

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
