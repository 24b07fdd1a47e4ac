import { describe, expect, it } from "vitest";
import { matches } from "../../../runtime/typescript/src/validate/matching.js";

describe("matches", () => {
  it("searches the text", () => {
    expect(matches("xaby", /ab/u)).toBe(true);
    expect(matches("xby", /ab/u)).toBe(false);
  });

  it("says which text was too long for the engine", () => {
    const text = "-a".repeat(8_000_000);
    expect(() => matches(text, /^(?:-[a-z]+)*!$/u)).toThrow(
      expect.objectContaining({ reason: "VALIDATION_FAILED", message: expect.stringContaining("16000000 characters") }),
    );
  });
});
