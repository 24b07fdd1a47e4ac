import type { Message } from "@bufbuild/protobuf";
import type { Mistake } from "../../errors.js";
import type { FieldModel, MessageModel, Model } from "../model.js";

/** What reading the rules of one element shares. */
export interface RuleContext {
  readonly model: Model;
  readonly mistakes: Mistake[];
  /** Whose rules they are. */
  readonly element: FieldModel | MessageModel;
}

/** The full name of the element whose rules are read. */
export function elementName({ element }: RuleContext): string {
  return element.kind === "message" ? element.fullName : `${element.parent.fullName}.${element.name}`;
}

/** Notes that a rule cannot be compiled. */
export function refuse(context: RuleContext, rulePath: string, why: string): void {
  context.mistakes.push({
    location: context.element.location,
    message: `the rule ${rulePath} of ${elementName(context)} ${why}`,
  });
}

/** Notes that a rule is one that the generator does not know how to compile. */
export function refuseUnsupported(context: RuleContext, rulePath: string): void {
  refuse(context, rulePath, "is not supported yet; remove it and check it in the handler");
}

/** What can be said about a set of rules without knowing which. */
export type RulePlace = Pick<RuleSet<Message>, "path" | "context" | "at" | "refuse" | "finish">;

/**
 * The rules of one kind, such as `string`. Whoever reads them takes each by name; those that nobody took are refused at
 * the end, so that none is ever passed over, those of schemas yet to come included.
 */
export class RuleSet<T extends Message> {
  readonly rules: T;
  /** Where the set stands, such as `repeated.items.string`. */
  readonly path: string;
  readonly context: RuleContext;
  readonly #taken = new Set<string>(["$typeName", "$unknown"]);

  constructor(rules: T, path: string, context: RuleContext) {
    this.rules = rules;
    this.path = path;
    this.context = context;
  }

  /** The value of a rule, undefined when it is not set. */
  take<K extends keyof T & string>(name: K): T[K] | undefined {
    this.#taken.add(name);
    // Rules inherit the defaults of unset fields.
    return Object.hasOwn(this.rules, name) ? this.rules[name] : undefined;
  }

  /** The path of a rule by its name in the schema. */
  at(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  /** Refuses a rule, given by its name in the rules' object, that is not known here. */
  refuse(name: string): void {
    refuseUnsupported(this.context, this.at(snakeCase(name)));
  }

  /** Refuses the rules that nobody took. */
  finish(): void {
    for (const [name, value] of Object.entries(this.rules)) {
      if (this.#taken.has(name) || isUnset(value)) continue;
      this.refuse(typeof value === "object" && "case" in value ? String(value.case) : name);
    }
    const known = new Set(this.context.model.predefined(this.rules).map(({ extension }) => extension.number));
    for (const { no } of this.rules.$unknown ?? []) {
      if (known.has(no)) continue;
      const path = this.path + extensionName(this.context.model, this.rules.$typeName, no);
      refuse(this.context, path, "has no (buf.validate.predefined) expression; add one to the extension");
    }
  }
}

function isUnset(value: unknown): boolean {
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && value !== null && "case" in value && value.case === undefined;
}

/** The predefined rule that a schema adds to a set: an extension, by its number. */
function extensionName(model: Model, extendee: string, number: number): string {
  for (const file of model.files) {
    const extension = file.allExtensions.find((one) => one.number === number && one.extendee.fullName === extendee);
    if (extension !== undefined) return `[${extension.fullName}]`;
  }
  return `[${number}]`;
}

/** The name in a schema of what is called `name` in its object. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
