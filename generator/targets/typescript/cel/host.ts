// What printing an expression needs of the module that it stands in.
import type { CelType } from "../../../model/cel/types.js";
import type { FileContext } from "../context.js";
import type { Holder } from "./text.js";

/** Names of the runtime, as {@link FileContext.runtime} takes them. */
export type RuntimeName = Parameters<FileContext["runtime"]>[0];

/** The module around an expression. */
export interface CelHost {
  runtime(name: RuntimeName): string;
  /** A name for the parameter of a function, unlike all others that can be seen there until it is released. */
  parameter(preferred: string): string;
  release(parameter: string): void;
  /**
   * The expression that tells whether a pattern of RE2 is found in a text.
   *
   * @throws PatternError when it is none.
   */
  matches(pattern: string, text: string): string;
}

/** Something that TypeScript does not say as CEL does; the expression is left to @bufbuild/cel. */
export class Uncompilable extends Error {
  /** @param reason such as `it compares lists of bytes`. */
  constructor(reason: string) {
    super(reason);
    this.name = "Uncompilable";
  }
}

/** How values of a type are held: in messages, fields of 32 bits are numbers, and nothing else is as small. */
export function heldAs(type: CelType): Holder {
  if (type.kind !== "int" && type.kind !== "uint") return "other";
  return isExactNumber(type) ? "number" : "bigint";
}

/** Whether every value of the type, and all that is computed on the way, is exact as a number. */
export function isExactNumber(type: CelType): boolean {
  if (type.kind !== "int" && type.kind !== "uint") return false;
  return type.range.min >= -exact && type.range.max <= exact;
}

// One bit less than a double has, so that quotients of two such numbers are rounded to the right side.
const exact = 1n << 52n;

/** A type, or what a wrapper of it holds. */
export function unwrapped(type: CelType): CelType {
  return type.kind === "wrapper" ? type.of : type;
}
