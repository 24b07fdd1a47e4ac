// Rules as people write them find what protovalidate finds, compiled to TypeScript as well as run by @bufbuild/cel.
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { celRequest, type CelModules, loadCel } from "../support/cel.js";
import { ruledInitOf } from "../support/ruled.js";
import { compiled, left } from "./cel-corpus.js";
import { type Compare, comparer, schemaOf, schemaPath } from "./cel-schema.js";

const expressions = [...compiled, ...left];
const samples = Number(process.env["PROPERTY_RUNS"] ?? 12);

let modules: CelModules;
let compare: Compare;
let inits: readonly object[];
beforeAll(async () => {
  modules = await loadCel(celRequest({ [schemaPath]: schemaOf(expressions) }));
  compare = comparer(modules);
  const { desc } = modules.messages.get("cel.diff.M0")!;
  const random = fc.sample(ruledInitOf(desc, modules.registry), { numRuns: samples, seed: Date.now() & 0xffff });
  inits = [...special, ...random];
}, 60_000);

const inner = { name: "x", depth: 1, tags: ["a"], inner: { name: "x", depth: 4, inner: { inner: {} } } };
const special: readonly object[] = [
  {},
  {
    total: (1n << 63n) - 1n,
    mask: (1n << 64n) - 1n,
    longs: [1n, (1n << 63n) - 1n],
    age: 2147483647,
    count: 4294967295,
  },
  { total: -(1n << 63n), age: -2147483648, ratio: Number.NaN, weights: [Number.NaN, Number.NaN], count: 1, rate: 1 },
  { ratio: Infinity, part: -0, numbers: [0, 2], name: "😀", text: "abc", data: new Uint8Array([255]), flag: true },
  {
    ratio: -0,
    numbers: [4, 0],
    tags: ["a", "b"],
    name: "a",
    email: "a@example.com",
    labels: { a: "x", ["__proto__"]: "y" },
  },
  {
    age: 1,
    tags: ["a"],
    inner,
    inners: [inner, { name: "y", depth: 9 }],
    choice: { case: "third", value: inner },
    active: true,
  },
  {
    age: 5,
    name: "abc",
    color: 2,
    colors: [2, 2],
    table: { 1: 7n, 5: -7n },
    flags: { true: inner, false: {} },
    large: 11n,
  },
  {
    name: "17",
    start: { seconds: 1_600_000_000n },
    end: { seconds: 1_600_003_600n, nanos: 5 },
    wait: { seconds: 61n },
  },
  { name: "10.0.0.0/8", start: { seconds: 253402300799n }, wait: { seconds: 315_576_000_000n }, small: 3, stamp: "7" },
  {
    name: "true",
    years: { 5: "a", 1999: "b" },
    named: { x: inner },
    palette: { 1: 1, "18446744073709551615": 1 },
    maybe: "",
  },
  {
    name: "1h",
    perhaps: 4,
    choice: { case: "second", value: 4 },
    rate: 1.5,
    blobs: [new Uint8Array([97]), new Uint8Array(0)],
  },
  { name: "2020-02-29T01:02:03Z", data: new Uint8Array([97, 98, 99]), ratio: 0.5, weights: [0.5], mask: 5n, count: 3 },
];

it("compiles what it should, and says why it does not compile the rest", () => {
  const noted = modules.notes.map((note) => /rule m(\d+) of/.exec(note)?.[1]);
  expect(noted).toEqual(left.map((_, i) => String(compiled.length + i)));
  for (const note of modules.notes) {
    expect(note).toMatch(
      /^cel\/diff\.proto:\d+:\d+: note: the rule m\d+ of \S+ is run by @bufbuild\/cel, .* because \S/,
    );
  }
});

describe.each(expressions.map((expression, i) => ({ expression, typeName: `cel.diff.M${i}` })))(
  "$expression",
  (one) => {
    it("finds what protovalidate finds", () => {
      for (const init of inits) {
        const { ours, theirs } = compare(one.typeName, init);
        expect(ours, fc.stringify(init)).toEqual(theirs);
      }
    });
  },
);

it("is tried with messages that keep and break nearly every rule", () => {
  const outcomes = expressions.map((_, i) => {
    return new Set(inits.map((init) => JSON.stringify(compare(`cel.diff.M${i}`, init).ours)?.slice(0, 1)));
  });
  const decided = outcomes.filter((seen) => seen.size > 1).length;
  expect(decided).toBeGreaterThan(expressions.length * 0.8);
});
