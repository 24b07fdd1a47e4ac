// Integers and doubles as CEL has them. Integers are bigint here; those of 32 bits are computed as plain numbers.
import { CelFault } from "./fault.js";

/** @throws CelFault when the result of an operation on int does not fit into 64 bits. */
export function toInt64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new CelFault("an int overflows");
  return value;
}

/** @throws CelFault when the result of an operation on uint does not fit into 64 bits. */
export function toUint64(value: bigint): bigint {
  if (BigInt.asUintN(64, value) !== value) throw new CelFault("a uint overflows");
  return value;
}

/** @throws CelFault when a divisor is zero. */
export function nonZero<T extends number | bigint>(divisor: T): T {
  if (divisor === 0 || divisor === 0n) throw new CelFault("division by zero");
  return divisor;
}

/** Whether two numbers are the same, whatever holds them. */
export function isSameNumber(a: number | bigint, b: number | bigint): boolean {
  // oxlint-disable-next-line eqeqeq -- the one comparison that is exact between a number and a bigint.
  return a == b;
}

/** `int(double)`: what is behind the point is dropped. */
export function doubleToInt(value: number): bigint {
  if (!(value > -(2 ** 63) && value < 2 ** 63)) throw new CelFault("an int overflows");
  return BigInt(Math.trunc(value));
}

/** `uint(double)`: what is behind the point is dropped. */
export function doubleToUint(value: number): bigint {
  if (!(value >= 0 && value < 2 ** 64)) throw new CelFault("a uint overflows");
  return BigInt(Math.trunc(value));
}

// Converting digits costs more than linear time; no number that fits has nearly as many, zeros in front aside.
const maxDigits = 1024;

/** The number that `int(text)` and `uint(text)` read, before limits. */
export function textToInteger(text: string): bigint {
  if (text.length > maxDigits) throw new CelFault("a text is too long for a number");
  try {
    return BigInt(text);
  } catch {
    throw new CelFault(`${JSON.stringify(text.slice(0, 32))} is no number`);
  }
}

/** `isInf(sign)`: infinite, and of that sign unless it is 0. */
export function isInfinite(value: number, sign: number = 0): boolean {
  return sign === 0 ? Math.abs(value) === Infinity : value === (sign > 0 ? Infinity : -Infinity);
}
