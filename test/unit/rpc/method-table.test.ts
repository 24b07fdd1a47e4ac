import { expect, test } from "vitest";
import { wireId as generatorsWireId } from "../../../generator/model/wire-id.js";
import { assertMethodTable, isCapability, wireId } from "../../../runtime/typescript/src/rpc/method-table.js";

const method = (name: string, change: object = {}): { id: number; name: string; kind: number } => ({
  id: wireId(name),
  name,
  kind: 1,
  ...change,
});

test("wire ids are FNV-1a-32, as the generator has them", () => {
  // Public vectors of FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/.
  expect(wireId("")).toBe(0x811c9dc5);
  expect(wireId("a")).toBe(0xe40c292c);
  expect(wireId("foobar")).toBe(0xbf9cf968);
  expect(wireId("lab.v1.Echo/Say")).toBe(generatorsWireId("lab.v1.Echo/Say"));
});

test("good tables pass, with and without a package", () => {
  assertMethodTable([], "plugin a");
  assertMethodTable([method("lab.v1.Echo/Say"), method("Echo/Say"), method("a.b._C9/_d", { kind: 4 })], "plugin a");
});

test.each([
  "",
  "/",
  "Say",
  "Echo/",
  "/Say",
  "lab..Echo/Say",
  ".Echo/Say",
  "lab.v1.Echo/Say/More",
  "lab.v1.Écho/Say",
  "lab.v1.9Echo/Say",
  "lab.v1.Echo /Say",
  "lab.v1.Echo/Say\n",
  `Echo/${"S".repeat(508)}`,
])("%j is no name of a method", (name) => {
  expect(() => assertMethodTable([method(name)], "plugin a")).toThrow(
    expect.objectContaining({ reason: "REGISTER_INVALID" }),
  );
});

test.each([0, 5, -1, 1.5, Number.NaN])("%j is no kind", (kind) => {
  expect(() => assertMethodTable([method("E/S", { kind })], "plugin a")).toThrow(
    expect.objectContaining({ reason: "REGISTER_INVALID" }),
  );
});

test("a wire id that is not its name's, and one that is there twice, are refused", () => {
  expect(() => assertMethodTable([method("E/S", { id: 7 })], "plugin a")).toThrow(
    /plugin a lists "E\/S" with wire id 7/,
  );
  expect(() => assertMethodTable([method("E/S"), method("E/S")], "plugin a")).toThrow(
    expect.objectContaining({ reason: "METHOD_COLLISION" }),
  );
});

test("capabilities", () => {
  expect(["vault.read", "A-b_9", "x".repeat(255)].every(isCapability)).toBe(true);
  expect(["", "a b", "é", "a/b", "x".repeat(256)].some(isCapability)).toBe(false);
});
