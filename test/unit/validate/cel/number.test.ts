import { describe, expect, test } from "vitest";
import { CelFault } from "../../../../runtime/typescript/src/validate/cel/fault.js";
import {
  doubleToInt,
  doubleToUint,
  isInfinite,
  isSameNumber,
  nonZero,
  textToInteger,
  toInt64,
  toUint64,
} from "../../../../runtime/typescript/src/validate/cel/number.js";

const max = (1n << 63n) - 1n;

test("results must fit into 64 bits", () => {
  expect([toInt64(max), toInt64(-max - 1n), toUint64(2n * max + 1n), toUint64(0n)]).toEqual([
    max,
    -max - 1n,
    2n * max + 1n,
    0n,
  ]);
  expect(() => toInt64(max + 1n)).toThrow(CelFault);
  expect(() => toInt64(-max - 2n)).toThrow(CelFault);
  expect(() => toUint64(-1n)).toThrow(CelFault);
  expect(() => toUint64(2n * max + 2n)).toThrow(CelFault);
});

test("nothing is divided by zero", () => {
  expect([nonZero(2), nonZero(-3n)]).toEqual([2, -3n]);
  for (const zero of [0, -0, 0n]) expect(() => nonZero(zero)).toThrow("division by zero");
});

test("numbers of different kinds are compared exactly", () => {
  expect(isSameNumber(2 ** 53, 2n ** 53n)).toBe(true);
  expect(isSameNumber(2 ** 53, 2n ** 53n + 1n)).toBe(false);
  expect(isSameNumber(Number.NaN, 0n)).toBe(false);
});

describe("doubles become integers", () => {
  test("without what is behind the point", () => {
    expect([doubleToInt(-1.9), doubleToInt(1e15 + 0.5), doubleToUint(3.7)]).toEqual([-1n, 10n ** 15n, 3n]);
  });

  test("unless they do not fit", () => {
    for (const value of [Number.NaN, Infinity, -Infinity, 2 ** 63, -(2 ** 63)]) {
      expect(() => doubleToInt(value)).toThrow(CelFault);
    }
    for (const value of [Number.NaN, -0.5, 2 ** 64]) expect(() => doubleToUint(value)).toThrow(CelFault);
  });
});

test("text becomes an integer, when it is short enough for one", () => {
  expect([textToInteger("-17"), textToInteger(" 5 "), textToInteger("")]).toEqual([-17n, 5n, 0n]);
  expect(() => textToInteger("1.5")).toThrow('"1.5" is no number');
  expect(() => textToInteger("1".repeat(100_000))).toThrow("too long");
});

test("infinity has a sign", () => {
  expect([isInfinite(Infinity), isInfinite(-Infinity), isInfinite(1), isInfinite(Number.NaN)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([isInfinite(Infinity, 1), isInfinite(Infinity, -5), isInfinite(-Infinity, -1)]).toEqual([true, false, true]);
});
