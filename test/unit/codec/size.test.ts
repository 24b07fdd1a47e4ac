// How many bytes of a user's bundle generated code takes, with what it needs of the runtime.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const gen = `${root}test/bench/gen/bench`;

/** What `runtime/typescript/bundle.mjs` does for everything but Node. */
const small: Plugin = {
  name: "small",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => {
      const twin = join(resolveDir, path.replace(".js", "-small.ts"));
      return existsSync(twin) ? { path: twin } : undefined;
    });
  },
};

async function bundle(entry: string): Promise<{ readonly bytes: number; readonly modules: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: entry, resolveDir: root, loader: "js" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    conditions: ["crucible-source"],
    metafile: true,
    legalComments: "none",
    write: false,
    outdir: root,
    plugins: [small],
  });
  const [output] = Object.values(metafile.outputs);
  const modules = Object.entries(output!.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
  return { bytes: outputFiles[0]!.contents.length, modules };
}

const noteCodec = `export { encodeNote, decodeNote } from "${gen}/rules/v1/rules_codec.ts";`;
const noteValidator = `export { validateNote } from "${gen}/rules/v1/rules_validate.ts";`;

it("the codec of a note stays small", async () => {
  const { bytes } = await bundle(noteCodec);
  expect(bytes).toBeLessThanOrEqual(16_384);
});

it("the codec and the validator of a note stay small", async () => {
  const { bytes } = await bundle(noteCodec + noteValidator);
  expect(bytes).toBeLessThanOrEqual(24_576);
});

it("a message without strings brings no code for strings", async () => {
  const { modules } = await bundle(`export { encodePacked, decodePacked } from "${gen}/codec/v1/bulk_codec.ts";`);
  expect(modules.some((path) => path.endsWith("codec/packed-fixed.ts"))).toBe(true);
  expect(
    modules.filter((path) =>
      /codec\/(?:(?:write-string|key|short-text|transcode)(?:-small)?|text|utf8|struct|fixed)\.ts$/.test(path),
    ),
  ).toEqual(["runtime/typescript/src/codec/fixed.ts"]);
});
