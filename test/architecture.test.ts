import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const runtime = join(root, "runtime/typescript/src");
const generator = join(root, "generator");

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  /** `import("…")`: loaded only when that line runs. */
  readonly lazy: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/(^|\/)(dist|node_modules)\//.test(file))
    .map((file) => join(folder, file));
}

/** Every import and re-export of a file, and every lazy import whose target is written out. */
function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const statement =
    /^\s*(?:import|export)\s+(type\s)?[^;"']*?from\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return [...text.matchAll(statement)].map((match) => ({
    from: file,
    to: match[2] ?? match[3] ?? match[4]!,
    typeOnly: match[1] !== undefined,
    lazy: match[4] !== undefined,
  }));
}

function target({ from, to }: Import): string {
  return to.startsWith(".") ? resolve(dirname(from), to) : to;
}

const runtimeImports = sources(runtime).flatMap(importsOf);
const generatorImports = sources(generator).flatMap(importsOf);

/** Rooms of the runtime by level; a room imports its own level and those below. */
const levels: readonly (readonly string[])[] = [
  ["error", "clock", "bytes"],
  ["arena", "frame", "checksum", "codec", "validate", "compress", "crypto", "transport", "observe", "gen"],
  ["session"],
  ["rpc"],
  ["daemon", "plugin"],
];

function levelOf(path: string): number | undefined {
  const room = relative(runtime, path).split("/")[0]!;
  const level = levels.findIndex((rooms) => rooms.includes(room));
  return level < 0 ? undefined : level;
}

const show = (edge: Import): string => `${relative(root, edge.from)} imports ${edge.to}`;

/** The files of a circle of imports, types included, in their order; undefined when there is none. */
function circleIn(edges: readonly Import[]): string[] | undefined {
  const next = new Map<string, string[]>();
  for (const edge of edges) {
    if (!edge.to.startsWith(".")) continue;
    const to = target(edge).replace(/\.js$/, ".ts");
    next.set(edge.from, [...(next.get(edge.from) ?? []), to]);
  }
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (done.has(file)) return undefined;
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file].map((one) => relative(root, one));
    path.push(file);
    for (const to of next.get(file) ?? []) {
      const circle = visit(to);
      if (circle !== undefined) return circle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

test("no file imports itself by way of others, types included", () => {
  expect(circleIn(runtimeImports.filter(({ lazy }) => !lazy))).toBeUndefined();
  expect(circleIn(generatorImports.filter(({ lazy }) => !lazy))).toBeUndefined();
  const back = { from: join(root, "b.ts"), to: "./a.js", typeOnly: true, lazy: false };
  expect(circleIn([{ ...back, from: join(root, "a.ts"), to: "./b.js" }, back])).toEqual(["a.ts", "b.ts", "a.ts"]);
});

describe("the runtime", () => {
  test("imports run from higher levels to lower ones", () => {
    const wrong = runtimeImports.filter((edge) => {
      const from = levelOf(edge.from);
      const to = edge.to.startsWith(".") ? levelOf(target(edge)) : undefined;
      return from !== undefined && to !== undefined && to > from;
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("daemon and plugin do not import each other", () => {
    const room = (path: string): string => relative(runtime, path).split("/")[0]!;
    const wrong = runtimeImports.filter((edge) => {
      const pair = `${room(edge.from)}>${room(target(edge))}`;
      return edge.to.startsWith(".") && (pair === "daemon>plugin" || pair === "plugin>daemon");
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("only arena/node, transport/node, crypto/node, daemon and plugin touch the platform", () => {
    const mayTouch = /^(arena\/node|transport\/node|crypto\/node|daemon|plugin)\//;
    const offenders = sources(runtime).filter((file) => {
      if (mayTouch.test(relative(runtime, file))) return false;
      const code = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:[^"\\]|\\.)*"/g, (found) =>
        found.startsWith('"node:') ? found : "",
      );
      return /"node:|\bprocess\.|\bBuffer\.(?!prototype)/.test(code);
    });
    expect(offenders.map((file) => relative(root, file))).toEqual([]);
  });

  test("imports nothing of the generator or of the tests", () => {
    const wrong = runtimeImports.filter((edge) => edge.to.startsWith(".") && !target(edge).startsWith(runtime));
    expect(wrong.map(show)).toEqual([]);
  });

  test("loads tokens and TLS lazily", () => {
    const heavy = /^(jose|node:tls)(\/|$)/;
    const eager = runtimeImports.filter((edge) => heavy.test(edge.to) && !edge.typeOnly && !edge.lazy);
    expect(eager.map(show)).toEqual([]);
  });

  test("its payload codecs import the codec door alone", () => {
    const wrong = sources(join(runtime, "gen"))
      .filter((file) => !file.endsWith("_pb.ts"))
      .flatMap(importsOf)
      .filter((edge) => !edge.typeOnly && edge.to.includes("codegen") && !edge.to.endsWith("/codegen/v1/codec.js"));
    expect(wrong.map(show)).toEqual([]);
  });
});

describe("the generator", () => {
  test("knows the runtime by its table of symbols alone", () => {
    const wrong = generatorImports.filter(
      (edge) => edge.to.includes("runtime/") && !target(edge).endsWith("codegen/v1/symbols.js"),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("imports run one way: model, emit, render, targets, generate, doors", () => {
    const order = ["model", "emit", "render", "targets"];
    const rank = (path: string): number => order.indexOf(relative(generator, path).split("/")[0]!);
    const wrong = generatorImports.filter((edge) => {
      if (!edge.to.startsWith(".")) return false;
      const from = rank(edge.from);
      return from >= 0 && rank(target(edge)) > from;
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("the table of symbols imports nothing", () => {
    expect(importsOf(join(runtime, "codegen/v1/symbols.ts"))).toEqual([]);
  });
});

test("nothing but tests imports the tests", () => {
  const wrong = [...runtimeImports, ...generatorImports].filter(
    (edge) => edge.to.startsWith(".") && target(edge).startsWith(join(root, "test/")),
  );
  expect(wrong.map(show)).toEqual([]);
});
