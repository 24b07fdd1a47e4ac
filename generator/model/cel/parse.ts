// Text to tree, by the parser of @bufbuild/cel: what compiles here is what it would run. Importing that parser costs the
// generator's start nothing that can be measured (0 to 2 ms of 90).
import { parse } from "@bufbuild/cel";
import type { Expr, LiteralValue, Macro } from "./ast.js";
import { CelMistake } from "./mistake.js";

/** Longer expressions are refused: nobody wrote them. UTF-16 units. */
const maxLength = 10_000;

type Parsed = NonNullable<ReturnType<typeof parse>["expr"]>;

/**
 * Parses an expression.
 *
 * @throws CelMistake when it is none.
 */
export function parseCel(text: string): Expr {
  if (text.length > maxLength) throw new CelMistake(0, `is longer than ${maxLength} characters; split it`);
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(text);
    const positions = parsed.sourceInfo?.positions ?? {};
    return convert(required(parsed.expr), (id) => positions[String(id)] ?? 0);
  } catch (error) {
    if (error instanceof CelMistake) throw error;
    if (error instanceof RangeError) throw new CelMistake(0, "nests too deeply; split it");
    throw syntaxMistake(error);
  }
}

/** What the parser says, without its quotes and file name: `found + but expecting end of input`. */
function syntaxMistake(error: unknown): CelMistake {
  const message = error instanceof Error ? error.message : String(error);
  const found = /<input>:(\d+):(\d+): (.*)/s.exec(message);
  const what = (found?.[3] ?? message).replace(/ but expecting .*/s, "").replace(/\s+/g, " ");
  if (found === null) return new CelMistake(0, `is no CEL: ${what}`);
  return new CelMistake(0, `is no CEL: at ${found[1]}:${found[2]}, ${what}`);
}

type Place = (id: bigint) => number;

function convert(expr: Parsed, place: Place): Expr {
  const at = place(expr.id);
  const { exprKind } = expr;
  const all = (parts: readonly Parsed[]): Expr[] => parts.map((part) => convert(part, place));
  switch (exprKind.case) {
    case "constExpr":
      return { at, kind: "literal", ...literal(exprKind.value.constantKind, at) };
    case "identExpr":
      return { at, kind: "name", name: exprKind.value.name };
    case "selectExpr": {
      const { operand, field, testOnly } = exprKind.value;
      return { at, kind: "select", operand: convert(required(operand), place), field, test: testOnly };
    }
    case "callExpr": {
      const { function: name, target, args } = exprKind.value;
      return { at, kind: "call", name, target: target && convert(target, place), args: all(args) };
    }
    case "listExpr":
      return { at, kind: "list", items: all(exprKind.value.elements) };
    case "structExpr": {
      const { messageName, entries } = exprKind.value;
      const parts = entries.flatMap(({ keyKind, value }) => [
        ...(keyKind.case === "mapKey" ? [keyKind.value] : []),
        ...(value === undefined ? [] : [value]),
      ]);
      return { at, kind: "struct", name: messageName, values: all(parts) };
    }
    case "comprehensionExpr":
      return { at, kind: "macro", ...macro(exprKind.value, place) };
    default:
      throw new CelMistake(at, "is empty; write an expression");
  }
}

type Constant = Extract<Parsed["exprKind"], { case: "constExpr" }>["value"]["constantKind"];
type Loop = Extract<Parsed["exprKind"], { case: "comprehensionExpr" }>["value"];
type MacroParts = Omit<Extract<Expr, { kind: "macro" }>, "at" | "kind">;

function literal(constant: Constant, at: number): Pick<Extract<Expr, { kind: "literal" }>, "type" | "value"> {
  const named = (type: "int" | "uint" | "double" | "string" | "bytes" | "bool" | "null", value: LiteralValue) => ({
    type,
    value,
  });
  switch (constant.case) {
    case "int64Value":
      if (constant.value !== BigInt.asIntN(64, constant.value)) throw tooLarge(at, constant.value, "int");
      return named("int", constant.value);
    case "uint64Value":
      if (constant.value !== BigInt.asUintN(64, constant.value)) throw tooLarge(at, constant.value, "uint");
      return named("uint", constant.value);
    case "doubleValue":
      return named("double", constant.value);
    case "stringValue":
      return named("string", constant.value);
    case "bytesValue":
      return named("bytes", constant.value);
    case "boolValue":
      return named("bool", constant.value);
    default:
      return named("null", null);
  }
}

function tooLarge(at: number, value: bigint, type: string): CelMistake {
  return new CelMistake(at, `has the number ${String(value).slice(0, 32)}, which no ${type} can be`);
}

/** The macro that a loop stands for, by the shape that the parser gives it. */
function macro(loop: Loop, place: Place): MacroParts {
  const start = required(loop.accuInit).exprKind;
  const step = required(loop.loopStep).exprKind;
  if (step.case !== "callExpr") throw new Error("a loop of CEL has no step");
  const { function: name, args } = step.value;
  const part = (expr: Parsed | undefined): Expr => convert(required(expr), place);
  const parts = (kind: Macro, body: Expr, when?: Expr): MacroParts => ({
    macro: kind,
    range: part(loop.iterRange),
    variable: loop.iterVar,
    body,
    when,
  });
  if (start.case === "constExpr" && start.value.constantKind.case === "boolValue") {
    return parts(start.value.constantKind.value ? "all" : "exists", part(args[1]));
  }
  if (start.case === "constExpr") return parts("exists_one", part(args[0]));
  if (name === "_+_") return parts("map", onlyItem(part(args[1])));
  const taken = required(args[1]).exprKind;
  if (taken.case !== "callExpr") throw new Error("a loop of CEL adds nothing");
  const item = onlyItem(part(taken.value.args[1]));
  if (item.kind === "name" && item.name === loop.iterVar) return parts("filter", part(args[0]));
  return parts("map", item, part(args[0]));
}

function onlyItem(list: Expr): Expr {
  if (list.kind !== "list") throw new Error("a loop of CEL adds no list");
  return required(list.items[0]);
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the parser of CEL left something out");
  return value;
}
