import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

interface Reached {
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

/** What the door of plugins reaches: at once, or with what it loads later only when it is needed. */
async function reach(lazy: boolean): Promise<Reached> {
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
  const files = new Set([Object.keys(metafile.inputs).find((file) => file.endsWith("plugin/index.ts"))!]);
  const packages = new Set<string>();
  for (const file of files) {
    for (const { path, external, kind } of metafile.inputs[file]!.imports) {
      if (kind === "dynamic-import" && !lazy) continue;
      (external === true ? packages : files).add(path);
    }
  }
  return { files: [...files], packages: [...packages] };
}

const always = ["node:buffer", "node:crypto", "node:fs", "node:module", "node:net", "node:path"];

test("the door of plugins reaches nothing that only a daemon needs", async () => {
  const { files, packages } = await reach(true);
  expect(files.filter((file) => file.includes("/daemon/"))).toEqual([]);
  expect(packages.filter((path) => ![...always, "node:tls"].includes(path))).toEqual([]);
});

// A plugin starts in milliseconds.
test("what only one transport needs is loaded with that", async () => {
  const { files, packages } = await reach(false);
  expect(packages.filter((path) => !always.includes(path))).toEqual([]);
  expect(files.filter((file) => /\/(tls|unix-listener)[^/]*\.ts$/.test(file))).toEqual([]);
  expect(files.some((file) => file.endsWith("transport/node/unix.ts"))).toBe(true);
});
