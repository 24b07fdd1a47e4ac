// What is generated compiles under the strictest flags, together with the types of protobuf-es that it refers to.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { generate } from "../../generator/generate.js";
import { cases, compile, root } from "./case.js";
import { generateProtobufEs } from "./protobuf-es.js";

// Inside the repository, so that imports of the runtime resolve.
mkdirSync(join(root, ".cache"), { recursive: true });
const dir = mkdtempSync(join(root, ".cache/golden-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("golden output compiles under the strictest flags", async () => {
  // Those with options of their own import what protoc-gen-es is not asked for here.
  const good = cases.filter((golden) => !existsSync(join(golden.dir, "stderr.txt")) && golden.parameter === "");
  for (const golden of good) {
    const request = compile(golden);
    for (const file of [...generateProtobufEs(request).file, ...generate(request).file]) {
      const path = join(dir, golden.name, file.name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file.content);
    }
  }
  writeFileSync(join(dir, "package.json"), `{"type":"module"}`);
  const compilerOptions = {
    noEmit: true,
    composite: false,
    incremental: false,
    rootDir: root,
    customConditions: ["crucible-source"],
    allowUnusedLabels: false,
    allowUnreachableCode: false,
    types: ["node"],
  };
  const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: ["**/*.ts"], references: [] };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(config));
  const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", dir, "--pretty", "false"], { encoding: "utf8" });
  expect(tsc.stdout).toBe("");
  expect(tsc.status).toBe(0);
}, 300_000);
