import { expect, test } from "vitest";
import {
  chosenValue,
  entryAt,
  hasSameItems,
  isIn,
  itemAt,
  nonNull,
  ownsField,
} from "../../../../runtime/typescript/src/validate/cel/access.js";

type Choice = { case: "a"; value: string } | { case: "b"; value: number } | { case?: undefined; value?: undefined };

test("a oneof gives the value of the member that is set", () => {
  const choice: Choice = { case: "a", value: "x" };
  expect([chosenValue<Choice, "a">(choice, "a"), chosenValue<Choice, "b">(choice, "b")]).toEqual(["x", undefined]);
  expect(chosenValue<Choice, "a">(undefined, "a")).toBeUndefined();
});

test("inherited defaults are not set", () => {
  const message: object = Object.assign(Object.create({ title: "default" }) as object, { pages: 1, gone: undefined });
  expect(["title", "pages", "gone", "toString"].map((field) => ownsField(message, field))).toEqual([
    false,
    true,
    false,
    false,
  ]);
  expect(ownsField(undefined, "pages")).toBe(false);
});

test("what is not there is an error", () => {
  expect([itemAt(["a"], 0), entryAt({ a: 1 }, "a"), nonNull(0)]).toEqual(["a", 1, 0]);
  for (const index of [-1, 1, 0.5, Number.NaN]) expect(() => itemAt(["a"], index)).toThrow("a list of 1 has no item");
  expect(() => entryAt({}, "toString")).toThrow('a map has no key "toString"');
  expect(() => entryAt({}, "__proto__")).toThrow("__proto__");
  expect(() => nonNull(undefined)).toThrow("a value is null");
});

test("NaN is in no list, and equals nothing", () => {
  expect([isIn(Number.NaN, [Number.NaN]), isIn(-0, [0]), isIn("a", ["b", "a"])]).toEqual([false, true, true]);
  expect([hasSameItems([1, 2], [1, 2]), hasSameItems([1], [1, 2]), hasSameItems([Number.NaN], [Number.NaN])]).toEqual([
    true,
    false,
    false,
  ]);
});
