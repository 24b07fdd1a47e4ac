// What a new repository consists of. The text of its sources is in templates/init.
import { defaultTemplateText } from "../buf/template.js";
import { type OwnManifest, ownManifest } from "../package-root.js";
import { render } from "../render/environment.js";
import type { RepositoryNames } from "./names.js";

/** The folder of generated code. */
const out = "gen";

/** The files of a new repository with their texts, by path. */
export function repositoryFiles(names: RepositoryNames): ReadonlyMap<string, string> {
  const { kind, file, protoPath } = names;
  const text = (template: string): string => render(`init/${template}`, names);
  const common: [string, string][] = [
    ["package.json", json(packageJson(names, ownManifest()))],
    ["tsconfig.json", json(tsconfig)],
    [".gitignore", "node_modules/\ndist/\n"],
    ["buf.gen.yaml", defaultTemplateText(out)],
    ["README.md", text(`${kind}-readme`)],
    [protoPath, text(`${kind}-proto`)],
  ];
  const own: [string, string][] =
    kind === "plugin"
      ? [
          [`src/${file}.ts`, text("plugin-source")],
          [`test/${file}.test.ts`, text("plugin-test")],
        ]
      : [
          [`src/${file}.ts`, text("daemon-service")],
          ["src/main.ts", text("daemon-main")],
          ["test/visitor.ts", text("daemon-visitor")],
          [`test/${file}.test.ts`, text("daemon-test")],
        ];
  return new Map([...common, ...own]);
}

function packageJson({ kind, name, file }: RepositoryNames, own: OwnManifest): object {
  const range = (dependency: string): string => own.dependencies[dependency] ?? own.devDependencies[dependency] ?? "*";
  // Both packages are published together, under one version.
  const ours = `^${own.version}`;
  return {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    engines: { node: own.engines.node },
    scripts: {
      generate: "crucible-gen generate",
      build: "crucible-gen generate && tsc",
      test: `npm run build && node --test dist/test/${file}.test.js`,
      ...(kind === "daemon" ? { prestart: "npm run build", start: "node dist/src/main.js" } : {}),
    },
    dependencies: { "@bufbuild/protobuf": range("@bufbuild/protobuf"), "crucible-runtime": ours },
    devDependencies: {
      "@types/node": range("@types/node"),
      "crucible-gen": ours,
      typescript: range("typescript"),
    },
    // Its script only replaces a launcher by a link; npm asks about each script that nobody has decided on.
    allowScripts: { "@bufbuild/buf": false },
  };
}

const tsconfig = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    module: "nodenext",
    types: ["node"],
    rootDir: ".",
    outDir: "dist",
    sourceMap: true,
    skipLibCheck: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
  },
  include: ["src", "test", out],
};

function json(value: object): string {
  // Lists of words on one line, as prettier has them.
  const text = JSON.stringify(value, null, 2).replaceAll(/\[\s+([^[\]{}]+?)\s+\]/g, (_, items: string) => {
    return `[${items.replaceAll(/,\s+/g, ", ")}]`;
  });
  return `${text}\n`;
}
