import { describe, expect, it } from "vitest";
import { asciiRun } from "../../../runtime/typescript/src/validate/run.js";

describe("asciiRun", () => {
  const slug = asciiRun("az", "az09--", 1);

  it.each(["a", "a-1", `a${"0-z".repeat(50_000)}`])("takes text whose characters are where they may be", (text) => {
    expect(slug(text)).toBe(true);
  });

  // The last ones are allowed characters with a bit beyond ASCII.
  it.each(["", "1", "-a", "aB", "a\n", "a\u0000", "\u00e1", "a\u0161", "a\uff41", "\u{1f600}"])(
    "refuses %j",
    (text) => {
      expect(slug(text)).toBe(false);
    },
  );

  it("counts characters", () => {
    const year = asciiRun("09", "09", 2, 4);
    expect(["1", "12", "1234", "12345"].map((text) => year(text))).toEqual([false, true, true, false]);
    expect(asciiRun("aa", "aa", 0)("")).toBe(true);
  });
});
