// An expression of CEL as it was written: macros are kept as macros, not as the loops that they stand for.

/** A Timestamp or Duration, as the expression or a rule has it. */
export interface TimeValue {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** The value of a literal. Integers of both kinds are bigint; null is null. */
export type LiteralValue = bigint | number | string | boolean | Uint8Array | null;

/** What a macro over the items of a list, or the keys of a map, makes of them. */
export type Macro = "all" | "exists" | "exists_one" | "map" | "filter";

/** One expression; `at` is where it stands in the text, in UTF-16 units from 0. */
export type Expr = { readonly at: number } & (
  | {
      readonly kind: "literal";
      readonly type: "int" | "uint" | "double" | "string" | "bytes" | "bool" | "null";
      readonly value: LiteralValue;
    }
  | { readonly kind: "name"; readonly name: string }
  /** `operand.field`; with `test`, `has(operand.field)`. */
  | { readonly kind: "select"; readonly operand: Expr; readonly field: string; readonly test: boolean }
  /** A function, a method of `target`, or an operator such as `_+_`. */
  | { readonly kind: "call"; readonly name: string; readonly target: Expr | undefined; readonly args: readonly Expr[] }
  | { readonly kind: "list"; readonly items: readonly Expr[] }
  /** A map, or a message when it has a name. */
  | { readonly kind: "struct"; readonly name: string; readonly values: readonly Expr[] }
  | {
      readonly kind: "macro";
      readonly macro: Macro;
      readonly range: Expr;
      readonly variable: string;
      /** The condition; for `map` what each item becomes. */
      readonly body: Expr;
      /** For `map` with three arguments: which items are taken. */
      readonly when: Expr | undefined;
    }
);
