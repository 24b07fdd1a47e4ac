import { RE2JS } from "@bufbuild/re2";
import { describe, expect, it } from "vitest";
import { expandedSize } from "../../../../../../generator/targets/typescript/pattern/size.js";

describe("expandedSize", () => {
  it.each([
    ["abc", 3],
    ["a{1000}", 1001],
    ["(?:ab){10}", 55],
    ["\\Q((a{1001}|){1001}\\E", 19],
    ["\\{1000}[{1000}]", 7],
    ["[]a^-]{3}", 4],
    ["(?i)[a-\\x{1e900}]", 2505],
    [")(", 1],
  ])("of %j is about %i", (pattern, size) => {
    expect(Math.abs(expandedSize(pattern) - size)).toBeLessThanOrEqual(4);
  });

  it.each([
    "a{1000}",
    "(?:a{10}b){100}",
    "(?:(?:a{10}){10}){10}",
    "(?:x|y{0,30}){2,33}",
    "(?:[a-z]+[0-9]?){500}",
    "a+b*c?",
    "((((a))))",
    "(?:abc|def|ghi){50}",
  ])("is not far below what RE2 makes of %j", (pattern) => {
    const { inst } = new RE2JS(pattern).re2().prog;
    expect(inst.length).toBeLessThanOrEqual(3 * expandedSize(pattern) + 10);
  });
});
