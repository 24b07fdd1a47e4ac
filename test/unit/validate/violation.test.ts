import { describe, expect, it } from "vitest";
import type { Violation } from "../../../runtime/typescript/src/validate/validator.js";
import { entryPath, maxViolations, violate, within } from "../../../runtime/typescript/src/validate/violation.js";

describe("violate", () => {
  it("begins a list, or adds to one", () => {
    const found = violate(undefined, "title", "string.min_len", "too short");
    expect(found).toEqual([
      { fieldPath: "title", rulePath: "string.min_len", ruleId: "string.min_len", message: "too short", forKey: false },
    ]);
    expect(violate(found, "meta", "string.len", "x", "map.keys.string.len", true)).toBe(found);
    expect(found[1]).toEqual({
      fieldPath: "meta",
      rulePath: "map.keys.string.len",
      ruleId: "string.len",
      message: "x",
      forKey: true,
    });
  });
});

describe("within", () => {
  it("puts the path of the field in front, and leaves what it was given alone", () => {
    const inner: Violation[] = [...violate(undefined, "name", "a", "b"), ...violate(undefined, "", "c", "d", "")];
    const found = within(violate(undefined, "x", "y", "z"), "links[3]", inner);
    expect(found.map((violation) => violation.fieldPath)).toEqual(["x", "links[3].name", "links[3]"]);
    expect(found[2]?.rulePath).toBe("");
    expect(inner.map((violation) => violation.fieldPath)).toEqual(["name", ""]);
  });
});

describe("entryPath", () => {
  it.each([
    ["a", 'meta["a"]'],
    ["", 'meta[""]'],
    ['"\\', 'meta["\\"\\\\"]'],
    ["a\r\nb", 'meta["a\\r\\nb"]'],
    ["tab\t", 'meta["tab\t"]'],
  ])("quotes the key %j", (key, path) => {
    expect(entryPath("meta", key)).toBe(path);
  });
});

describe("a message that breaks rules a million times", () => {
  it("has as many violations as anybody reads", () => {
    let found: Violation[] | undefined;
    for (let i = 0; i < 1_000_000; i++) found = violate(found, `items[${i}]`, "int32.gt", "too small");
    expect(found).toHaveLength(maxViolations);
    expect(found![0]!.fieldPath).toBe("items[0]");
    expect(within(undefined, "outer", found!)).toHaveLength(maxViolations);
    const some = violate(undefined, "first", "int32.gt", "too small");
    expect(within(some, "outer", found!)).toHaveLength(maxViolations);
    expect(some[0]!.fieldPath).toBe("first");
    expect(some[1]!.fieldPath).toBe("outer.items[0]");
  });
});
