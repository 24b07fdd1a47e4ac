// The door of rules that @bufbuild/cel runs, where that package is not installed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, expect, test } from "vitest";

const dir = mkdtempSync(join(tmpdir(), "crucible-cel-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("a rule says which package is missing, and how to get it", async () => {
  await build({
    entryPoints: [fileURLToPath(new URL("../../../../runtime/typescript/src/codegen/v1/cel.ts", import.meta.url))],
    outfile: join(dir, "cel.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["@bufbuild/cel", "@bufbuild/cel/ext"],
  });
  writeFileSync(
    join(dir, "main.mjs"),
    `import { celRule } from "./cel.mjs";
try {
  celRule({}, { id: "x", expression: "true" });
} catch ({ name, reason, message }) {
  console.log(JSON.stringify({ name, reason, message }));
}`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [join(dir, "main.mjs")], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    name: "CrucibleError",
    reason: "PACKAGE_MISSING",
    message:
      "@bufbuild/cel cannot be loaded, and a rule of the schema needs it: install it (npm install @bufbuild/cel)",
  });
});
