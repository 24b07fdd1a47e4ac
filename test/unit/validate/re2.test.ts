import { afterEach, describe, expect, it, vi } from "vitest";
import { Re2 } from "../../../runtime/typescript/src/validate/re2.js";

describe("Re2", () => {
  it("searches the text", () => {
    const pattern = new Re2("(?i)(a|b)*a(a|b){20}c");
    expect(pattern.test(`x${"ba".repeat(20)}C`)).toBe(true);
    expect(pattern.test("abc")).toBe(false);
  });

  afterEach(() => {
    vi.doUnmock("@bufbuild/re2");
    vi.resetModules();
  });

  it("names the package that is missing", async () => {
    vi.resetModules();
    vi.doMock("@bufbuild/re2", () => {
      throw new Error("Cannot find package '@bufbuild/re2'");
    });
    const absent = await import("../../../runtime/typescript/src/validate/re2.js");
    expect(() => new absent.Re2("a")).toThrow(/^@bufbuild\/re2 cannot be loaded.*npm install @bufbuild\/re2/);
  });
});
