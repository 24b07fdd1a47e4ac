import { describe, expect, it } from "vitest";
import { entryCount, noItems, own, toBigInt } from "../../../runtime/typescript/src/validate/presence.js";

describe("own", () => {
  it("sees what the message itself holds", () => {
    const message: { name?: string; toString?: unknown } = Object.create({ name: "default" });
    expect(own(message, "name")).toBeUndefined();
    expect(own(message, "toString")).toBeUndefined();
    message.name = "set";
    expect(own(message, "name")).toBe("set");
  });
});

describe("toBigInt", () => {
  it.each(["0", "1", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551615"])(
    "reads %s",
    (text) => {
      expect(toBigInt(text)).toBe(BigInt(text));
    },
  );

  it.each(["", " 1", "01", "+1", "-0", "1.0", "1e3", "0x1", "one", "9".repeat(21), "1".repeat(1_000_000)])(
    "refuses %.24j",
    (text) => {
      expect(() => toBigInt(text)).toThrow(expect.objectContaining({ reason: "ENCODE_INVALID" }));
    },
  );
});

describe("entryCount", () => {
  it("counts entries", () => {
    const map = JSON.parse('{ "a": 1, "__proto__": 2, "3": 3 }') as object;
    expect(entryCount(map)).toBe(3);
    expect(entryCount({})).toBe(0);
  });
});

describe("noItems", () => {
  it("stays empty", () => {
    expect(() => (noItems as unknown as number[]).push(1)).toThrow(TypeError);
  });
});
