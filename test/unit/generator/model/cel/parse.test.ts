import { parse } from "@bufbuild/cel";
import { describe, expect, test } from "vitest";
import { CelMistake } from "../../../../../generator/model/cel/mistake.js";
import { parseCel } from "../../../../../generator/model/cel/parse.js";
import { parseDuration, parseTimestamp } from "../../../../../generator/model/cel/time.js";

describe("macros are kept as such", () => {
  test.each([
    ["x.all(i, i > 0)", "all", false],
    ["x.exists(i, i > 0)", "exists", false],
    ["x.exists_one(i, i > 0)", "exists_one", false],
    ["x.filter(i, i > 0)", "filter", false],
    ["x.map(i, i + 1)", "map", false],
    ["x.map(i, i > 0, i + 1)", "map", true],
  ])("%s", (text, macro, isTaken) => {
    const expr = parseCel(text);
    expect(expr).toMatchObject({ kind: "macro", macro, variable: "i", range: { kind: "name", name: "x" } });
    expect(expr.kind === "macro" && expr.when !== undefined).toBe(isTaken);
  });

  test("has", () => {
    expect(parseCel("has(a.b)")).toMatchObject({ kind: "select", test: true, field: "b" });
  });
});

describe("what is no expression is a mistake of one line", () => {
  test.each(["", "this.", "1 +", "'open", "a b", "9223372036854775808", "18446744073709551616u", '"\\ud800"'])(
    "%s",
    (text) => {
      expect(() => parseCel(text)).toThrow(CelMistake);
      try {
        parseCel(text);
      } catch (error) {
        expect((error as Error).message).toMatch(/^[^\n]{5,200}$/);
      }
    },
  );

  test("however deep or long it is", () => {
    for (const text of ["(".repeat(4000) + "1" + ")".repeat(4000), "!".repeat(9000) + "true", "a".repeat(20_000)]) {
      try {
        parseCel(text);
      } catch (error) {
        expect(error).toBeInstanceOf(CelMistake);
      }
    }
    expect(() => parseCel("a".repeat(20_000))).toThrow("longer than 10000 characters");
  });
});

test("the least int is a literal, as for the parser", () => {
  expect(parse("-9223372036854775808").expr?.exprKind.case).toBe("constExpr");
  expect(parseCel("-9223372036854775808")).toMatchObject({ kind: "literal", value: -(1n << 63n) });
});

test("texts of times", () => {
  expect(parseDuration("1h30m")).toEqual({ seconds: 5400n, nanos: 0 });
  expect(parseDuration("-1.5s")).toEqual({ seconds: -1n, nanos: -500_000_000 });
  expect(parseDuration("0")).toEqual({ seconds: 0n, nanos: 0 });
  expect([".5µs", "+2ms", "1.s"].map((text) => parseDuration(text)?.nanos)).toEqual([500, 2_000_000, 0]);
  expect(["", "1", "1 h", "h", "1x", "9999999999s", "1".repeat(200) + "s"].map(parseDuration)).toEqual(
    Array.from({ length: 7 }, () => undefined),
  );
  expect(parseTimestamp("2020-01-01T00:00:00.5Z")).toEqual({ seconds: 1_577_836_800n, nanos: 500_000_000 });
  expect(parseTimestamp("yesterday")).toBeUndefined();
});
