// Expressions of TypeScript as text, with just the parentheses that prettier leaves.

/** How an integer is held: by a number, by a bigint; `literal` can be printed as either; `other` is no integer. */
export type Holder = "number" | "bigint" | "literal" | "other";

/** An expression that has been printed. */
export interface Printed {
  readonly text: string;
  /** How tightly it binds. */
  readonly binds: number;
  readonly holder: Holder;
  /** How the items of a list, or the values of a map, are held. */
  readonly items?: Holder;
  /** They are of an enum's type, which TypeScript does not compare with other numbers. */
  readonly enums?: boolean;
  /** It may be undefined: a message, a time or a wrapper that is not set. */
  readonly maybe?: boolean;
}

/** How tightly the kinds of expressions bind. */
export const binding = {
  call: 20,
  unary: 16,
  times: 13,
  plus: 12,
  order: 10,
  equal: 9,
  and: 5,
  or: 4,
  nullish: 3,
  choice: 2,
};

const operators: Readonly<Record<string, number>> = {
  "*": binding.times,
  "/": binding.times,
  "%": binding.times,
  "+": binding.plus,
  "-": binding.plus,
  "<": binding.order,
  "<=": binding.order,
  ">": binding.order,
  ">=": binding.order,
  "===": binding.equal,
  "!==": binding.equal,
  "&&": binding.and,
  "||": binding.or,
  "??": binding.nullish,
};

/** A call, a name, or anything else that binds as tightly. */
export function atom(text: string, holder: Holder = "other", more: Partial<Printed> = {}): Printed {
  return { text, binds: binding.call, holder, ...more };
}

/** A call of a function. */
export function call(name: string, args: readonly string[], holder: Holder = "other"): Printed {
  return atom(`${name}(${args.join(", ")})`, holder);
}

/** The text, in parentheses when it binds less tightly than asked for. */
export function tight({ text, binds }: Printed, least: number = binding.call): string {
  return binds < least ? `(${text})` : text;
}

/** `left operator right`. */
export function binary(left: Printed, operator: string, right: Printed, holder: Holder = "other"): Printed {
  const binds = operators[operator]!;
  const first = needsParens(left, operator, binds, false) ? `(${left.text})` : left.text;
  const second = needsParens(right, operator, binds, true) ? `(${right.text})` : right.text;
  return { text: `${first} ${operator} ${second}`, binds, holder };
}

function needsParens(child: Printed, operator: string, binds: number, isRight: boolean): boolean {
  if (child.binds < binds) return true;
  // Prettier sets these apart, though they need it not.
  if (operator === "||" && child.binds === binding.and) return true;
  if ((operator === "+" || operator === "-") && child.binds === binding.times)
    return /^[^%]* % [^%]*$/.test(child.text);
  if (child.binds !== binds) return false;
  if (operator === "&&" || operator === "||") return isRight;
  if (isRight || binds === binding.equal || binds === binding.order) return true;
  return binds === binding.times;
}

/** `!operand` or `-operand`. */
export function unary(operator: "!" | "-", operand: Printed, holder: Holder = "other"): Printed {
  const inner = tight(operand, binding.unary);
  const apart = operator === "-" && inner.startsWith("-");
  return { text: apart ? `-(${inner})` : operator + inner, binds: binding.unary, holder };
}

/** `condition ? yes : no`. */
export function choice(condition: Printed, yes: Printed, no: Printed, holder: Holder = "other"): Printed {
  const part = (one: Printed): string => (one.binds === binding.nullish ? `(${one.text})` : one.text);
  const test = condition.binds === binding.nullish ? part(condition) : tight(condition, binding.nullish);
  return { text: `${test} ? ${part(yes)} : ${part(no)}`, binds: binding.choice, holder };
}

/** `(name) => body`. */
export function arrow(parameter: string, body: Printed): string {
  const result = body.binds === binding.choice || body.text.startsWith("{") ? `(${body.text})` : body.text;
  return `(${parameter}) => ${result}`;
}

/**
 * Whether a line calls something with several functions, or with a call that takes one beside something else: prettier
 * breaks those, however short they are.
 */
export function isComposed(line: string): boolean {
  const open: { readonly isCall: boolean; readonly parts: string[]; from: number }[] = [];
  for (let i = 0; i < line.length; i++) {
    const mark = line[i]!;
    const top = open.at(-1);
    if (mark === '"' || mark === "'") {
      while (line[++i] !== mark && i < line.length) if (line[i] === "\\") i++;
    } else if (mark === "(" || mark === "[" || mark === "{") {
      open.push({ isCall: mark === "(" && /[\w$)]/.test(line[i - 1] ?? ""), parts: [], from: i + 1 });
    } else if (top !== undefined && /[,)\]}]/.test(mark)) {
      top.parts.push(line.slice(top.from, i).trim());
      top.from = i + 1;
      if (mark === ",") continue;
      open.pop();
      if (top.isCall && top.parts.length > 1 && composes(top.parts)) return true;
    }
  }
  return false;
}

function composes(args: readonly string[]): boolean {
  const isFunction = (text: string): boolean => /^\([\w$]*\) => /.test(text);
  return args.filter(isFunction).length > 1 || args.some((one) => !isFunction(one) && /\w\(\([\w$]*\) => /.test(one));
}
