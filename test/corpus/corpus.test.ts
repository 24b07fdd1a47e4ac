// Real schema trees go through the generator: it refuses none, and what it writes compiles, is linted and agrees with protobuf-es.
// A slice runs with all tests where the packages are; `npm run test:corpus` installs them and takes everything.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile, type CompilerVersion, lint } from "./compilers.js";
import { filesToGenerate, writeGenerated } from "./generated.js";
import { type CorpusPackage, findPackage, installPackages, versions } from "./packages.js";
import { root } from "./root.js";
import { tryRoundTrips } from "./round-trip.js";
import { readTemporal } from "./temporal.js";
import { compileTree, cut, type Tree, withImports } from "./trees.js";

const whole = process.env["CORPUS"] === "whole";
const packages: readonly CorpusPackage[] = ["google-proto-files", "@grpc/grpc-js-xds", "@temporalio/proto"];
const missing = packages.filter((name) => findPackage(name) === undefined);
const reason = whole
  ? installPackages()
  : missing.length > 0
    ? `${missing.join(", ")} not installed: npm run test:corpus does it`
    : undefined;
const seed = Number(process.env["CORPUS_SEED"] ?? 20_26);
const minutes = 60_000;
const out = join(root, ".cache/corpus", whole ? "whole" : "slice");

/** A tree of schemas, with what must be in it: the counts are known, as the versions are pinned. */
interface Source {
  readonly name: string;
  /** Files to generate, and files that buf refuses or whose imports the package lacks: in the slice, in the whole. */
  readonly files: readonly [slice: number, whole: number];
  readonly leftOut: readonly [slice: number, whole: number];
  /** Into how many parts the whole is cut: one is generated, compiled and compared after the other, which bounds the memory. */
  readonly parts: number;
  read(): Tree;
}

const sources: readonly Source[] = [
  {
    name: "google",
    files: [55, 7222],
    leftOut: [0, 9],
    parts: 20,
    read: () =>
      compileTree({
        name: whole ? "google" : "google-slice",
        version: versions["google-proto-files"],
        roots: [findPackage("google-proto-files")!],
        ...(!whole && { only: (path) => /^google\/(api|iam|longrunning|rpc|type)\/[^/]+\.proto$/.test(path) }),
      }),
  },
  {
    name: "xds",
    files: [55, 492],
    leftOut: [0, 102],
    parts: 1,
    read: () =>
      compileTree({
        name: whole ? "xds" : "xds-slice",
        version: versions["@grpc/grpc-js-xds"],
        roots: ["envoy-api", "xds", "googleapis", "protoc-gen-validate"].map((dir) =>
          join(findPackage("@grpc/grpc-js-xds")!, "deps", dir),
        ),
        ...(!whole && { only: (path) => /^(envoy\/type|xds\/core)\//.test(path) }),
      }),
  },
  {
    name: "temporal",
    files: [5, 57],
    leftOut: [0, 0],
    parts: 1,
    read: () => {
      const tree = readTemporal(findPackage("@temporalio/proto")!);
      return whole ? tree : withImports(tree, ["temporal_api_failure_v1.proto", "temporal_api_nexus_v1.proto"]);
    },
  },
  {
    name: "torture",
    files: [6, 6],
    leftOut: [0, 0],
    parts: 1,
    read: () => compileTree({ name: "torture", roots: [join(root, "test/protos")] }),
  },
];

const trees = new Map<string, Tree>();
/** A tree, read once. */
function treeOf({ name, read }: Source): Tree {
  let tree = trees.get(name);
  if (tree === undefined) trees.set(name, (tree = read()));
  return tree;
}

if (reason !== undefined) test.skip(`corpora: ${reason}`, () => undefined);

describe.skipIf(reason !== undefined).each(sources.map((source) => [source.name, source] as const))(
  "%s",
  (name, source) => {
    const { files, leftOut } = source;
    const parts = whole ? source.parts : 1;

    test(
      "is read whole",
      () => {
        const tree = treeOf(source);
        const which = whole ? 1 : 0;
        expect(tree.leftOut.length, tree.leftOut.join(" ")).toBe(leftOut[which]);
        expect(filesToGenerate(tree).length).toBe(files[which]);
        console.log(`${name}: ${files[which]} files, ${tree.lines} lines`);
      },
      15 * minutes,
    );

    describe.each(Array.from({ length: parts }, (_, i) => i + 1))(`part %i of ${parts}`, (part) => {
      const folder = join(out, name, `part-${part}`);
      const chosen = (): string[] => cut(treeOf(source), filesToGenerate(treeOf(source)), parts)[part - 1]!;
      let paths: readonly string[] = [];

      test(
        "is generated",
        () => {
          const tree = treeOf(source);
          const wanted = filesToGenerate(withImports(tree, chosen()));
          const generated = writeGenerated(tree, folder, wanted);
          expect(generated.error).toBe("");
          paths = generated.paths;
          expect(paths.length).toBeGreaterThan(chosen().length / 2);
          console.log(`${name}, part ${part}: ${chosen().length} files, ${paths.length} generated`);
        },
        // For 2,000 messages in one file, compute.proto, protoc-gen-es takes four minutes where ours takes 3 seconds.
        15 * minutes,
      );

      test("compiles under the strictest flags", () => expect(compile(folder, "7")).toBe(""), 5 * minutes);

      test("has nothing that a linter complains of", () => expect(lint(folder, paths)).toBe(""), 5 * minutes);

      // Of names that every object has by birth, protobuf-es encodes what they hold by birth: test/unit/codec compares the others.
      test.skipIf(name === "torture")(
        "agrees with protobuf-es on random messages",
        async () => {
          const all = chosen();
          let messages = 0;
          let cases = 0;
          for (let from = 0; from < all.length; from += 50) {
            const done = await tryRoundTrips(treeOf(source), all.slice(from, from + 50), seed);
            messages += done.messages;
            cases += done.cases;
          }
          console.log(`${name}, part ${part}: ${messages} messages, ${cases} cases`);
          expect(messages).toBeGreaterThan(all.length / 2);
        },
        15 * minutes,
      );
    });
  },
);

describe.skipIf(!whole || reason !== undefined)("300 files of all trees", () => {
  const folder = join(out, "other-compilers");
  const filesOfTree = { google: 190, xds: 60, temporal: 44, torture: 6 } as const;

  test(
    "are chosen",
    () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const source of sources) {
        const { name } = source;
        const tree = treeOf(source);
        const all = filesToGenerate(tree).toSorted();
        const count = filesOfTree[name as keyof typeof filesOfTree];
        const chosen = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!);
        expect(new Set(chosen).size).toBe(count);
        const wanted = filesToGenerate(withImports(tree, chosen));
        const { error, paths } = writeGenerated(tree, join(folder, name), wanted);
        expect(error).toBe("");
        const stems = new Set(chosen.map((path) => path.replace(/\.proto$/, "")));
        const compiled = paths.filter((path) => stems.has(path.replace(/_[a-z]+\.ts$/, "")));
        writeFileSync(join(folder, name, "chosen.json"), JSON.stringify(compiled));
      }
    },
    30 * minutes,
  );

  const versions: readonly CompilerVersion[] = ["5.4", "5.8", "6"];
  test.each(versions)(
    "compile with TypeScript %s",
    (version) => {
      for (const { name } of sources) {
        const list = join(folder, name, "chosen.json");
        expect(existsSync(list)).toBe(true);
        const chosen = JSON.parse(readFileSync(list, "utf8")) as string[];
        expect(compile(join(folder, name), version, chosen), name).toBe("");
      }
    },
    30 * minutes,
  );
});
