// docs/targets.md, followed by a new contributor: in a copy of the generator, block by block.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Inside node_modules, so that dependencies are found from there.
const copy = join(root, `node_modules/.cache/crucible-guide/${process.pid}`);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test("docs/targets.md: the target that it adds compiles, is bundled, and writes what is shown", () => {
  for (const path of ["generator", "templates", "package.json", "tsconfig.json", "runtime/typescript/src/codegen/v1"]) {
    cpSync(join(root, path), join(copy, path), {
      recursive: true,
      filter: (from) => !from.startsWith(join(root, "generator/dist")) && !from.endsWith(".tsbuildinfo"),
    });
  }
  let shown = "";
  let steps = 0;
  const document = readFileSync(join(root, "docs/targets.md"), "utf8");
  for (const [, language, note, text] of document.matchAll(/^```(\w+) (\S+)\n([^]*?)^```$/gm)) {
    const path = /^file=(\S+)$/.exec(note!)?.[1];
    if (path === undefined) {
      if (note === "output=list.txt") shown = text!;
      continue;
    }
    steps++;
    if (language !== "diff") {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), text!);
      continue;
    }
    const lines = (mark: string): string =>
      text!
        .split("\n")
        .flatMap((line) => (line.startsWith(mark) ? `${line.slice(1)}\n` : []))
        .join("");
    const before = readFileSync(join(copy, path), "utf8");
    // What is replaced is there, once.
    expect([path, before.split(lines("-")).length]).toEqual([path, 2]);
    writeFileSync(
      join(copy, path),
      before.replace(lines("-"), () => lines("+")),
    );
  }
  expect(steps).toBe(6);
  const run = (program: string, args: string[], cwd = copy): string =>
    execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  run(process.execPath, [
    tsc,
    "-p",
    "generator/tsconfig.json",
    "--noEmit",
    "--composite",
    "false",
    "--incremental",
    "false",
  ]);
  run(process.execPath, ["generator/bundle.mjs"]);
  const modules = [
    { path: "proto" },
    { path: `node_modules/.cache/crucible-guide/${process.pid}/golden/cases/outline/proto` },
  ];
  const plugin = {
    local: [process.execPath, join(copy, "generator/dist/protoc-gen-crucible.mjs")],
    out: join(copy, "out"),
    opt: ["target=outline"],
  };
  run(
    join(root, "node_modules/.bin/buf"),
    [
      "generate",
      modules[1]!.path,
      "--config",
      JSON.stringify({ version: "v2", modules }),
      "--template",
      JSON.stringify({ version: "v2", plugins: [plugin] }),
    ],
    root,
  );
  expect(readFileSync(join(copy, "out/list.txt"), "utf8")).toBe(shown);
}, 120_000);
