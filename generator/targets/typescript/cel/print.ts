// An expression of CEL as one of TypeScript.
import type { Node, Operator } from "../../../model/cel/node.js";
import { isNumber } from "../../../model/cel/types.js";
import { stringLiteral } from "../validate-layout.js";
import { printCall } from "./calls.js";
import { type CelHost, heldAs, Uncompilable } from "./host.js";
import { printField, printHas } from "./members.js";
import { printKey, printMembership } from "./membership.js";
import { alike, hold, literal, printArithmetic, printNegation, sharedHolder } from "./numbers.js";
import { printComparison, printJoin } from "./operators.js";
import { arrow, atom, binary, binding, call, choice, type Printed, tight, unary } from "./text.js";

/** What variables are printed as. */
export type Variables = ReadonlyMap<string, Printed>;

/** Prints expressions of one rule. @throws Uncompilable for what TypeScript does not say as CEL does. */
export class CelPrinter {
  readonly #host: CelHost;

  constructor(host: CelHost) {
    this.#host = host;
  }

  print(node: Node, variables: Variables): Printed {
    const host = this.#host;
    switch (node.kind) {
      case "constant":
        return this.#constant(node);
      case "variable":
        return node.name === "now" && !variables.has("now")
          ? call(host.runtime("currentTime"), [])
          : (variables.get(node.name) ?? atom(node.name));
      case "field":
        return printField(node, this.print(node.operand, variables), host);
      case "has":
        return printHas(node, this.print(node.operand, variables), host);
      case "given": {
        const operand = this.print(node.operand, variables);
        return call(host.runtime("nonNull"), [operand.text], operand.holder);
      }
      case "item":
        return this.#item(node, variables);
      case "entry":
        return this.#entry(node, variables);
      case "operator":
        return this.#operator(node, variables);
      case "and":
      case "or":
        return this.#logic(node, variables);
      case "not":
        return this.negation(node.operand, variables);
      case "negate":
        return printNegation(node, this.print(node.operand, variables), host);
      case "choice": {
        const [yes, no] = alike([this.print(node.yes, variables), this.print(node.no, variables)]) as [
          Printed,
          Printed,
        ];
        const printed = choice(this.print(node.condition, variables), yes, no, yes.holder);
        const maybe = yes.maybe === true || no.maybe === true;
        if (yes.items !== no.items || (yes.enums ?? false) !== (no.enums ?? false))
          throw new Uncompilable("it chooses between other lists");
        return { ...printed, maybe, ...(yes.items && { items: yes.items }), ...(yes.enums && { enums: true }) };
      }
      case "call":
        return printCall(
          node,
          node.args.map((arg) => this.print(arg, variables)),
          host,
        );
      case "list": {
        const items = node.items.map((item) => this.print(item, variables));
        if (items.some((item) => item.maybe)) throw new Uncompilable("it makes a list of messages");
        const held = alike(items);
        return atom(`[${held.map((item) => item.text).join(", ")}]`, "other", { items: sharedHolder(items) });
      }
      case "macro":
        return this.#macro(node, variables);
      case "opaque":
        throw new Uncompilable("a part is only known when it is evaluated");
    }
  }

  /** `!node`, without the `!` where there is another way to say it. */
  negation(node: Node, variables: Variables): Printed {
    if (node.kind === "not") return this.print(node.operand, variables);
    if (node.kind === "has") {
      const printed = this.print(node, variables);
      const flipped = printed.text.replace(/ ([!=]==?|>) ([^ ]+|"[^"]*")$/, (_, sign: string, right: string) => {
        return ` ${sign === "===" ? "!==" : "==="} ${right}`;
      });
      if (printed.binds === binding.equal || printed.binds === binding.order) return { ...printed, text: flipped };
    }
    const opposite = node.kind === "operator" ? this.#opposite(node) : undefined;
    if (opposite !== undefined) return this.print(opposite, variables);
    const printed = this.print(node, variables);
    const isCall = printed.binds === binding.unary && /^![\w.]+\(/.test(printed.text);
    return isCall ? atom(printed.text.slice(1)) : unary("!", printed);
  }

  /** The operator that holds exactly when this one does not: not for the order of doubles, because of NaN. */
  #opposite(node: Extract<Node, { kind: "operator" }>): Node | undefined {
    const { operator, left, right } = node;
    const isOrder = [left.type, right.type].every((type) => type.kind !== "double");
    const flipped = operator === "==" ? "!=" : operator === "!=" ? "==" : isOrder ? orders[operator] : undefined;
    return flipped === undefined ? undefined : { ...node, operator: flipped };
  }

  #constant({ type, value }: Extract<Node, { kind: "constant" }>): Printed {
    switch (typeof value) {
      case "bigint":
        return literal(value);
      case "number":
        return double(value);
      case "string":
        return atom(stringLiteral(value));
      case "boolean":
        return atom(String(value));
    }
    if (value instanceof Uint8Array) {
      if (value.length === 0) return atom(this.#host.runtime("noBytes"));
      return atom(`Uint8Array.of(${value.join(", ")})`);
    }
    if (value === null) throw new Uncompilable(`it uses null as a ${type.kind}`);
    const nanos = value.nanos === 0 ? "" : `, nanos: ${value.nanos}`;
    return atom(`{ seconds: ${value.seconds}n${nanos} }`);
  }

  #item(node: Extract<Node, { kind: "item" }>, variables: Variables): Printed {
    const list = this.print(node.list, variables);
    const index = hold(this.print(node.index, variables), "number");
    const at = index.holder === "bigint" ? call("Number", [index.text]) : index;
    return element(call(this.#host.runtime("itemAt"), [list.text, at.text]), list);
  }

  #entry(node: Extract<Node, { kind: "entry" }>, variables: Variables): Printed {
    const map = this.print(node.map, variables);
    return element(
      call(this.#host.runtime("entryAt"), [map.text, printKey(node.key, this.print(node.key, variables))]),
      map,
    );
  }

  #operator(node: Extract<Node, { kind: "operator" }>, variables: Variables): Printed {
    const { operator } = node;
    if (operator === "in") return printMembership(node, (part) => this.print(part, variables), this.#host);
    const left = this.print(node.left, variables);
    const right = this.print(node.right, variables);
    if (operator === "+" || operator === "-" || operator === "*" || operator === "/" || operator === "%") {
      return isNumber(node.type)
        ? printArithmetic(node, left, right, this.#host)
        : printJoin(node, left, right, this.#host);
    }
    return printComparison(node, left, right, this.#host);
  }

  #logic(node: Extract<Node, { kind: "and" | "or" }>, variables: Variables): Printed {
    const left = this.print(node.left, variables);
    const right = this.print(node.right, variables);
    if (!node.left.fails) return binary(left, node.kind === "and" ? "&&" : "||", right);
    const helper = this.#host.runtime(node.kind === "and" ? "bothHold" : "eitherHolds");
    return call(helper, [arrowOf(left), arrowOf(right)]);
  }

  #macro(node: Extract<Node, { kind: "macro" }>, variables: Variables): Printed {
    const range = this.#items(node.range, this.print(node.range, variables));
    const name = this.#host.parameter(node.variable);
    const inner = new Map(variables);
    inner.set(node.variable, element(atom(name), range));
    const body = this.print(node.body, inner);
    const when = node.when && arrow(name, this.print(node.when, inner));
    this.#host.release(name);
    const test = arrow(name, body);
    const list = tight(range);
    switch (node.macro) {
      case "all":
        if (node.body.fails) return call(this.#host.runtime("everyItem"), [range.text, test]);
        return call(`${list}.every`, [test]);
      case "exists":
        if (node.body.fails) return call(this.#host.runtime("someItem"), [range.text, test]);
        return call(`${list}.some`, [test]);
      case "exists_one":
        return binary(atom(`${list}.filter(${test}).length`), "===", atom("1"));
      case "filter":
        return { ...range, ...call(`${list}.filter`, [test]) };
      case "map": {
        if (body.maybe) throw new Uncompilable("it makes a list of messages");
        const taken = when && `.filter(${when})`;
        const held = hold(body, heldAs(node.body.type) === "bigint" ? "bigint" : "number");
        return atom(`${list}${taken ?? ""}.map(${arrow(name, held)})`, "other", { items: held.holder });
      }
    }
  }

  /** What a macro goes over: the items of a list, or the keys of a map. */
  #items(node: Node, printed: Printed): Printed {
    if (node.type.kind !== "map") return printed;
    const keys = call("Object.keys", [printed.text]).text;
    switch (node.type.key.kind) {
      case "string":
        return atom(keys);
      case "bool":
        return atom(`${keys}.map((key) => key === "true")`);
      default: {
        const holder = heldAs(node.type.key);
        const convert = holder === "number" ? "Number" : this.#host.runtime("toBigInt");
        return atom(`${keys}.map(${convert})`, "other", { items: holder });
      }
    }
  }
}

const orders: Partial<Record<Operator, Operator>> = { "<": ">=", "<=": ">", ">": "<=", ">=": "<" };

/** An item of a list or a value of a map. */
function element(printed: Printed, { items = "other", enums }: Printed): Printed {
  if (enums) return call("Number", [printed.text], "number");
  return { ...printed, holder: items };
}

function arrowOf(body: Printed): string {
  return arrow("", body);
}

function double(value: number): Printed {
  if (Number.isNaN(value)) return atom("NaN");
  const text = String(Math.abs(value)).replace("e+", "e");
  return value < 0 || Object.is(value, -0) ? unary("-", atom(text)) : atom(text);
}
