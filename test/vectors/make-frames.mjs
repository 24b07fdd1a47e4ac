// Writes golden/vectors/frames.json: node test/vectors/make-frames.mjs
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { format } from "prettier";

const entry = fileURLToPath(new URL("frame-vectors.ts", import.meta.url));
const target = new URL("../../golden/vectors/frames.json", import.meta.url);

// The oldest Node that is supported does not run TypeScript by itself.
const bundle = await build({ entryPoints: [entry], bundle: true, write: false, format: "esm", platform: "node" });
const source = Buffer.from(bundle.outputFiles[0].contents).toString("base64");
const { buildFrameVectors } = await import(`data:text/javascript;base64,${source}`);
const json = await format(JSON.stringify(buildFrameVectors()), { parser: "json", printWidth: 120 });
await writeFile(target, json);
