// Builds what is published: each program as one file in generator/dist, templates compiled, everything it needs inside.
// Usage: node generator/bundle.mjs
import { readdirSync, readFileSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import Handlebars from "handlebars";

const here = dirname(fileURLToPath(import.meta.url));
const templatesDir = join(here, "../templates");

/** Programs by the name of their file in dist. */
const entryPoints = {
  "crucible-gen": join(here, "main-cli.ts"),
  "protoc-gen-crucible": join(here, "main-plugin.ts"),
};

/** What CommonJS modules expect to have; `define` leads to these where a module has none of its own. */
const requireBanner = `import { createRequire as $createRequire } from "node:module";
import { dirname as $directoryOf } from "node:path";
import { fileURLToPath as $pathOf } from "node:url";
const require = $createRequire(import.meta.url);
const $filename = $pathOf(import.meta.url);
const $dirname = $directoryOf($filename);`;

/** Handlebars templates as JavaScript: the source of a module that stands for render/templates.ts. */
function compiledTemplates(compileTemplate) {
  const sources = [];
  for (const language of readdirSync(templatesDir).toSorted()) {
    for (const file of readdirSync(join(templatesDir, language)).toSorted()) {
      if (!file.endsWith(".hbs")) continue;
      const source = readFileSync(join(templatesDir, language, file), "utf8");
      const name = `${language}/${file.slice(0, -".hbs".length)}`;
      sources.push(`${JSON.stringify(name)}: ${compileTemplate(Handlebars, source)}`);
    }
  }
  return `const compiled = {\n${sources.join(",\n")}\n};\nexport function templates(name) { return compiled[name]; }\n`;
}

/** Replaces the module that compiles templates when they are used. */
const precompiledTemplates = {
  name: "precompiled-templates",
  setup(builder) {
    builder.onLoad({ filter: /[\\/]render[\\/]templates\.ts$/ }, async () => {
      const compiler = await build({
        entryPoints: [join(here, "render/compile.ts")],
        format: "esm",
        write: false,
      });
      const url = `data:text/javascript,${encodeURIComponent(compiler.outputFiles[0].text)}`;
      const { compileTemplate } = await import(url);
      return { contents: compiledTemplates(compileTemplate), loader: "js" };
    });
  },
};

/**
 * Builds the programs.
 *
 * @param {string} outdir where to; default generator/dist.
 */
export async function bundle(outdir = join(here, "dist")) {
  /** Each apart: chunks that both use would be nine for the plugin, whose start takes a tenth longer to load them. */
  const builds = Object.entries(entryPoints).map(([name, path]) => buildProgram({ [name]: path }, outdir));
  const outputs = (await Promise.all(builds)).flatMap(({ metafile }) => Object.keys(metafile.outputs));
  // Chunks of an earlier build; the programs themselves are never missing, so that they can be used meanwhile.
  const built = new Set(outputs.map((path) => basename(path)));
  for (const file of readdirSync(outdir)) {
    if (file.endsWith(".mjs") && !built.has(file)) unlinkSync(join(outdir, file));
  }
}

/**
 * Builds one program into a folder, whatever else is there.
 *
 * @param {Record<string, string>} entryPoints its file by its name.
 * @param {string} outdir where to.
 */
export function buildProgram(entryPoints, outdir) {
  return build({
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    legalComments: "none",
    // For ts-morph, which is loaded only to merge: it requires Node's modules at run time, and asks where it is.
    banner: { js: requireBanner },
    define: { __filename: "$filename", __dirname: "$dirname" },
    // The build of yaml for Node requires "process" at run time, which a module cannot.
    alias: {
      yaml: fileURLToPath(import.meta.resolve("yaml/package.json").replace("package.json", "browser/index.js")),
    },
    logLevel: "warning",
    plugins: [precompiledTemplates],
    metafile: true,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
