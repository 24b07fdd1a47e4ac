// docs/targets.md, followed by a new contributor: in a copy of the generator, block by block.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { applyDiff, type Block, blocksOf } from "../support/guides.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Inside the repository, so that dependencies are found from there.
const copy = join(root, `.cache/guide/${process.pid}`);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** What a target is made of and tried by. */
const copied = [
  "generator",
  "templates",
  "proto",
  "test/golden/case.ts",
  "test/golden/golden.test.ts",
  "test/support/buf.ts",
  "test/support/bundle.ts",
  "test/support/bundle-setup.ts",
  "runtime/typescript/src/codegen/v1",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];

/** Applies a block: a whole file, or lines that take the place of others. */
function write({ language, text }: Block, path: string): void {
  const file = join(copy, path);
  if (language === "diff") {
    applyDiff(file, text);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

test("docs/targets.md: the target that it adds compiles, is bundled, has a golden case that passes, and writes what is shown", () => {
  for (const path of copied) {
    cpSync(join(root, path), join(copy, path), {
      recursive: true,
      filter: (from) => !from.startsWith(join(root, "generator/dist")) && !from.endsWith(".tsbuildinfo"),
    });
  }
  // The other projects of the repository are not there.
  const settings = join(copy, "tsconfig.json");
  writeFileSync(settings, readFileSync(settings, "utf8").replace(/"references": \[.*?\],/, ""));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const run = (command: string, env: NodeJS.ProcessEnv = {}): string => {
    const options = {
      cwd: copy,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...env },
    } as const;
    const { status, stdout, stderr } = spawnSync("sh", ["-ec", command], options);
    if (status !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
    return stdout;
  };
  // What `npm run build` comes to for the generator alone.
  const build =
    "npx tsc -p generator/tsconfig.json --noEmit --composite false --incremental false && node generator/bundle.mjs";
  let written = 0;
  let printed = "";
  const document = readFileSync(join(root, "docs/targets.md"), "utf8");
  for (const block of blocksOf(document)) {
    const path = /^file=(\S+)$/.exec(block.note)?.[1];
    if (path !== undefined) {
      write(block, path);
      written++;
    } else if (block.note === "run") {
      const commands = block.text.replace("npm run build", build).trimEnd().split("\n");
      for (const command of commands) printed = run(command);
    } else if (block.note === "output") expect(printed).toBe(block.text);
  }
  expect(written).toBe(8);
  // The case passes as it was written, not only while it is.
  expect(run("npx vitest run test/golden/golden.test.ts -t outline", { UPDATE_GOLDEN: "" })).toMatch(/Tests +2 passed/);
  const template = {
    version: "v2",
    plugins: [
      {
        local: ["node", "generator/dist/protoc-gen-crucible.mjs"],
        out: "out",
        opt: ["target=outline"],
        strategy: "all",
      },
    ],
  };
  const config = { version: "v2", modules: [{ path: "proto" }, { path: "golden/cases/outline/proto" }] };
  const quoted = [config, template].map((value) => `'${JSON.stringify(value)}'`);
  run(`npx buf generate golden/cases/outline/proto --config ${quoted[0]} --template ${quoted[1]}`);
  expect(readFileSync(join(copy, "out/list.txt"), "utf8")).toBe(printed);
}, 180_000);
