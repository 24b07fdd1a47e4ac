// Joins what tsc has made of src into one file an entry point and a few that they share. Loading a hundred small modules
// costs a plugin 60 ms at its start, loading these 20; names shortened too would save one more (Node 20, 2 cores). Usage: node bundle.mjs, after tsc -b
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL(".", import.meta.url));
const doors = readdirSync(join(root, "dist/codegen/v1"), { recursive: true }).filter((file) => file.endsWith(".js"));
const out = join(root, "bundle");
rmSync(out, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ["index.js", "daemon/index.js", "plugin/index.js", ...doors.map((door) => `codegen/v1/${door}`)].map(
    (entry) => `dist/${entry}`,
  ),
  outbase: "dist",
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  // Names stay, so that a stack trace says something.
  minifyWhitespace: true,
  // For an error that nobody catches Node prints the line it came from: 150 KB otherwise, behind which the error itself is lost.
  lineLimit: 120,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
});
