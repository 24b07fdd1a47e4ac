import { describe, expect, test } from "vitest";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import {
  bothHold,
  CelFault,
  decideRule,
  eitherHolds,
  everyItem,
  someItem,
} from "../../../../runtime/typescript/src/validate/cel/fault.js";

const yes = (): boolean => true;
const no = (): boolean => false;
const fault = (): boolean => {
  throw new CelFault("a fault");
};
const bug = (): boolean => {
  throw new TypeError("a bug");
};

describe("bothHold and eitherHolds", () => {
  test("are && and || where nothing goes wrong", () => {
    expect([bothHold(yes, yes), bothHold(yes, no), bothHold(no, yes)]).toEqual([true, false, false]);
    expect([eitherHolds(no, no), eitherHolds(yes, no), eitherHolds(no, yes)]).toEqual([false, true, true]);
  });

  test("absorb an error that cannot change the result", () => {
    expect([bothHold(fault, no), bothHold(no, fault)]).toEqual([false, false]);
    expect([eitherHolds(fault, yes), eitherHolds(yes, fault)]).toEqual([true, true]);
  });

  test("end in an error otherwise", () => {
    for (const run of [() => bothHold(fault, yes), () => bothHold(yes, fault), () => eitherHolds(fault, no)]) {
      expect(run).toThrow(CelFault);
    }
  });

  test("let errors that are not of CEL pass", () => {
    expect(() => bothHold(bug, no)).toThrow(TypeError);
    expect(() => eitherHolds(bug, yes)).toThrow(TypeError);
  });
});

describe("everyItem and someItem", () => {
  const above = (limit: number) => (item: number) => (item === 0 ? fault() : item > limit);

  test("absorb errors when one item decides", () => {
    expect(everyItem([0, 1, 5], above(2))).toBe(false);
    expect(someItem([0, 1, 5], above(2))).toBe(true);
  });

  test("end in the first error when none does", () => {
    expect(() => everyItem([5, 0], above(2))).toThrow(CelFault);
    expect(() => someItem([0, 1], above(2))).toThrow("a fault");
    expect(() => someItem([1, 2], bug)).toThrow(TypeError);
  });

  test("hold, or not, for no items", () => {
    expect([everyItem([], fault), someItem([], fault)]).toEqual([true, false]);
  });
});

describe("decideRule", () => {
  test("names the rule and the cause", () => {
    let thrown: unknown;
    try {
      decideRule("note.ratio", fault);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CrucibleError);
    expect(thrown).toMatchObject({
      reason: "VALIDATION_FAILED",
      message: "the rule note.ratio cannot be decided for this message: a fault",
    });
  });

  test("gives what the rule gives, and lets bugs pass", () => {
    expect(decideRule("x", () => "text")).toBe("text");
    expect(() => decideRule("x", bug)).toThrow(TypeError);
  });
});
