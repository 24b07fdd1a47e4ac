// Writes golden/vectors/frames.json and sealed.json: node test/vectors/make-frames.mjs
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { format } from "prettier";

/** Writes what the function of a module of this folder builds. */
async function make(module, builder, target) {
  const entry = fileURLToPath(new URL(module, import.meta.url));
  // The oldest Node that is supported does not run TypeScript by itself.
  const bundle = await build({ entryPoints: [entry], bundle: true, write: false, format: "esm", platform: "node" });
  const source = Buffer.from(bundle.outputFiles[0].contents).toString("base64");
  const { [builder]: run } = await import(`data:text/javascript;base64,${source}`);
  const json = await format(JSON.stringify(run()), { parser: "json", printWidth: 120 });
  await writeFile(new URL(`../../golden/vectors/${target}`, import.meta.url), json);
}

await make("frame-vectors.ts", "buildFrameVectors", "frames.json");
await make("sealed-vectors.ts", "buildSealedVectors", "sealed.json");
