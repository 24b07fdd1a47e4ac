// An expression whose names and types are settled: what a target prints.
import type { EnumModel, FieldModel } from "../model.js";
import type { LiteralValue, Macro, TimeValue } from "./ast.js";
import type { CelType } from "./types.js";

interface Common {
  readonly type: CelType;
  /** Evaluating it can end in an error, such as a division by zero. */
  readonly fails: boolean;
}

/** The operators on two values of which both are evaluated. */
export type Operator = "+" | "-" | "*" | "/" | "%" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";

/** One expression. */
export type Node = Common &
  (
    | { readonly kind: "constant"; readonly value: LiteralValue | TimeValue; readonly of?: EnumModel }
    /** `this`, `now`, or the variable of a macro. */
    | { readonly kind: "variable"; readonly name: string }
    /** A field of a message, which may be missing itself; its default when it is not set. */
    | { readonly kind: "field"; readonly operand: Node; readonly field: FieldModel }
    | { readonly kind: "has"; readonly operand: Node; readonly field: FieldModel }
    /** The value that a wrapper holds; an error when there is none. */
    | { readonly kind: "given"; readonly operand: Node }
    | { readonly kind: "item"; readonly list: Node; readonly index: Node }
    | { readonly kind: "entry"; readonly map: Node; readonly key: Node }
    | { readonly kind: "operator"; readonly operator: Operator; readonly left: Node; readonly right: Node }
    | { readonly kind: "and" | "or"; readonly left: Node; readonly right: Node }
    | { readonly kind: "not"; readonly operand: Node }
    | { readonly kind: "negate"; readonly operand: Node }
    | { readonly kind: "choice"; readonly condition: Node; readonly yes: Node; readonly no: Node }
    /** A function by its name; for a method the target is the first argument. */
    | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] }
    | { readonly kind: "list"; readonly items: readonly Node[] }
    | {
        readonly kind: "macro";
        readonly macro: Macro;
        readonly range: Node;
        readonly variable: string;
        readonly body: Node;
        readonly when: Node | undefined;
      }
    /** What is not compiled; its type is what is known of it. */
    | { readonly kind: "opaque" }
  );
