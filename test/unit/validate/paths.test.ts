import { describe, expect, it } from "vitest";
import { equalsPaths, isWithinPaths, touchesPaths } from "../../../runtime/typescript/src/validate/paths.js";

describe("paths of field masks", () => {
  it("equal the named ones in their order only", () => {
    expect(equalsPaths(["a", "b.c"], ["a", "b.c"])).toBe(true);
    expect(equalsPaths(["b.c", "a"], ["a", "b.c"])).toBe(false);
    expect(equalsPaths(["a"], ["a", "b.c"])).toBe(false);
    expect(equalsPaths([], [])).toBe(true);
  });

  it("lead into a name at its dots, not at any letter", () => {
    expect(isWithinPaths(["a", "a.b", "a.b.c"], ["a"])).toBe(true);
    expect(isWithinPaths(["a", "ab"], ["a"])).toBe(false);
    expect(isWithinPaths(["a"], ["a.b"])).toBe(false);
    expect(isWithinPaths([], ["a"])).toBe(true);
  });

  it("touch the named ones when one of them does", () => {
    expect(touchesPaths(["x", "a.b"], ["a"])).toBe(true);
    expect(touchesPaths(["x", "ab"], ["a"])).toBe(false);
    expect(touchesPaths([], ["a"])).toBe(false);
  });
});
