import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

// A plugin starts in milliseconds: what only a daemon needs is not even reachable from its door.
test("the door of plugins reaches nothing that only a daemon needs", async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL("../../../runtime/typescript/src/plugin/index.ts", import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  const files = Object.keys(metafile.inputs);
  expect(files.filter((file) => file.includes("/daemon/"))).toEqual([]);
  const packages = new Set(
    Object.values(metafile.inputs).flatMap(({ imports }) =>
      imports.filter(({ external }) => external).map(({ path }) => path),
    ),
  );
  const allowed = new Set(["node:buffer", "node:crypto", "node:fs", "node:net", "node:path"]);
  expect([...packages].filter((path) => !allowed.has(path))).toEqual([]);
});
