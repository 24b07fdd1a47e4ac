// Real schema trees go through the generator: it refuses none, and what it writes compiles, is linted and agrees with protobuf-es.
// A slice runs with all tests where the packages are; `npm run test:corpus` installs them and takes everything.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile, type CompilerVersion, lint } from "./compilers.js";
import { filesToGenerate, writeGenerated } from "./generated.js";
import { type CorpusPackage, findPackage, installPackages } from "./packages.js";
import { root } from "./root.js";
import { tryRoundTrips } from "./round-trip.js";
import { readTemporal } from "./temporal.js";
import { compileTree, type Tree, withImports } from "./trees.js";

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

/** The trees, with the least that must be in them: of each the counts are known, as the versions are pinned. */
const sources: readonly {
  readonly name: string;
  /** Files to generate, and files that buf refuses or whose imports the package lacks: in the slice, in the whole. */
  readonly files: readonly [slice: number, whole: number];
  readonly leftOut: readonly [slice: number, whole: number];
  read(): Tree;
}[] = [
  {
    name: "google",
    files: [55, 7222],
    leftOut: [0, 9],
    read: () =>
      compileTree({
        name: whole ? "google" : "google-slice",
        roots: [findPackage("google-proto-files")!],
        ...(!whole && { only: (path) => /^google\/(api|iam|longrunning|rpc|type)\/[^/]+\.proto$/.test(path) }),
      }),
  },
  {
    name: "xds",
    files: [55, 492],
    leftOut: [0, 102],
    read: () =>
      compileTree({
        name: whole ? "xds" : "xds-slice",
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
    read: () => {
      const tree = readTemporal(findPackage("@temporalio/proto")!);
      return whole ? tree : withImports(tree, ["temporal_api_failure_v1.proto", "temporal_api_nexus_v1.proto"]);
    },
  },
  {
    name: "torture",
    files: [6, 6],
    leftOut: [0, 0],
    read: () => compileTree({ name: "torture", roots: [join(root, "test/protos")] }),
  },
];

if (reason !== undefined) test.skip(`corpora: ${reason}`, () => undefined);

describe.skipIf(reason !== undefined).each(sources)("$name", ({ name, files, leftOut, read }) => {
  const folder = join(out, name);
  let tree: Tree;
  let paths: readonly string[] = [];

  test(
    "is taken whole",
    () => {
      tree = read();
      const which = whole ? 1 : 0;
      expect(filesToGenerate(tree).length).toBe(files[which]);
      expect(tree.leftOut.length, tree.leftOut.join(" ")).toBe(leftOut[which]);
      const generated = writeGenerated(tree, folder);
      expect(generated.error).toBe("");
      paths = generated.paths;
      expect(paths.length).toBeGreaterThan(files[which] / 2);
    },
    15 * minutes,
  );

  test("compiles under the strictest flags", () => expect(compile(folder, "7")).toBe(""), 15 * minutes);

  // Of names that every object has by birth, protobuf-es encodes what they hold by birth: test/unit/codec compares the others.
  test.skipIf(name === "torture")(
    "agrees with protobuf-es on random messages",
    async () => {
      const all = filesToGenerate(tree);
      let messages = 0;
      for (let from = 0; from < all.length; from += 50) {
        const done = await tryRoundTrips(tree, all.slice(from, from + 50), seed);
        messages += done.messages;
      }
      expect(messages).toBeGreaterThan(all.length / 2);
    },
    60 * minutes,
  );

  test("has nothing that a linter complains of", () => expect(lint(folder, paths)).toBe(""), 5 * minutes);
});

describe.skipIf(!whole || reason !== undefined)("300 files of all trees", () => {
  const folder = join(out, "other-compilers");
  const filesOfTree = { google: 190, xds: 60, temporal: 44, torture: 6 } as const;

  test(
    "are chosen",
    () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const { name, read } of sources) {
        const tree = read();
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
