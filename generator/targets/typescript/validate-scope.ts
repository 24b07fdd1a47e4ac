// The identifiers of one validator module.
import { fit } from "../../emit/layout.js";
import { NameSet } from "../../emit/name-set.js";
import type { Mistake } from "../../errors.js";
import type { Check, MessagePlan, ValuePlan } from "../../model/checks/check.js";
import type { FieldModel, MessageModel } from "../../model/model.js";
import type { FileContext } from "./context.js";
import { propertyName } from "./names.js";
import { reservedIdentifiers, runtimeNames } from "./reserved.js";
import { findCircles } from "./validate-cycles.js";
import { longLiterals } from "./validate-condition.js";
import { constant, lines, printStatements, type Statement, stringLiteral } from "./validate-layout.js";
import { type PatternCode, PatternError, patternCode } from "./validate-pattern.js";

/** Longer names of fields would not leave room for conditions on a line. */
const maxLocalLength = 32;

/** What the parts of a validator module share. */
export class ValidateScope {
  readonly context: FileContext;
  readonly #circles: ReadonlyMap<MessageModel, number>;
  readonly #inner = new Map<MessageModel, string>();
  readonly #validators = new Map<MessageModel, string>();
  readonly #declared = new Map<Check, Map<string, string>>();
  readonly #constants = new Map<MessageModel, string[]>();
  readonly #patterns = new Map<Check, { readonly name: string; readonly code: PatternCode }>();
  readonly #hidden: NameSet;
  readonly #locals = new Set<string>();

  /**
   * Names everything that the module declares or imports, so that locals can keep clear of it.
   *
   * @param mistakes gets the patterns that are none.
   */
  constructor(context: FileContext, plans: readonly MessagePlan[], mistakes: Mistake[]) {
    this.context = context;
    this.#circles = findCircles(plans);
    this.#hidden = new NameSet(reservedIdentifiers, context.names.taken, runtimeNames);
    for (const name of ["depth", "message", "violations"]) this.#hidden.add(name);
    for (const plan of plans) {
      if (this.#circles.has(plan.message)) {
        this.#inner.set(plan.message, this.#declare(`check${context.names.message(plan.message).shape}`));
      }
      for (const field of plan.fields) {
        for (const part of [field.value, field.items, field.values]) this.#importNested(part);
        this.#declareConstants(field.field, field.value, "", mistakes);
        this.#declareConstants(field.field, field.items, "Item", mistakes);
        this.#declareConstants(field.field, field.keys, "Key", mistakes);
        this.#declareConstants(field.field, field.values, "Value", mistakes);
      }
    }
  }

  /** The function that does the work of a validator in a circle; it takes the depth too. */
  inner(message: MessageModel): string | undefined {
    return this.#inner.get(message);
  }

  /** The call that checks a message held by one of type `holder`. */
  nestedCall(message: MessageModel, holder: MessageModel, value: string): string {
    const inner = this.#inner.get(message);
    const circle = this.#circles.get(message);
    if (inner !== undefined && circle === this.#circles.get(holder)) return `${inner}(${value}, depth + 1)`;
    return `${this.#validators.get(message) ?? this.context.validator(message) ?? ""}(${value})`;
  }

  /** The constant that is declared for a long literal. */
  declared(check: Check, literal: string): string | undefined {
    return this.#declared.get(check)?.get(literal);
  }

  /** The expression that tells whether a text matches the pattern of a rule. */
  matches(check: Check, text: string): string {
    const { name, code } = this.#patterns.get(check)!;
    return code.test(name, text);
  }

  /** The declarations that stand before the validator of a message. */
  constants(message: MessageModel): readonly string[] {
    return this.#constants.get(message) ?? [];
  }

  /** Forgets the local variables of the function before. */
  beginFunction(): void {
    this.#locals.clear();
  }

  /**
   * A name for a local variable that holds a property, unique in the function.
   *
   * @param inner names that are declared inside the blocks which use it.
   */
  local(property: string, number: number, inner: readonly string[]): string {
    let name = property.length > maxLocalLength ? `field${number}` : property;
    while (this.#hidden.has(name) || this.#locals.has(name) || inner.includes(name)) name += "$";
    this.#locals.add(name);
    return name;
  }

  /** What the names of constants for a message, or a field of it, begin with. */
  label(message: MessageModel, field: FieldModel | undefined): string {
    return firstLower(field === undefined ? this.context.names.message(message).shape : this.#label(field));
  }

  /** A name for what comes out of a rule: `verdict`, then `verdict2`, `verdict3` … */
  verdict(): string {
    for (let i = 1; ; i++) {
      const name = i === 1 ? "verdict" : `verdict${i}`;
      if (this.#hidden.has(name) || this.#locals.has(name)) continue;
      this.#locals.add(name);
      return name;
    }
  }

  /** Frees the name of a local variable that cannot be seen any more. */
  release(local: string): void {
    this.#locals.delete(local);
  }

  /**
   * Declares a constant before the validator of a message.
   *
   * @param declare its declaration, for the name it gets.
   */
  declareConstant(message: MessageModel, preferred: string, declare: (name: string) => Statement): string {
    let name = this.#declare(preferred);
    while (this.#locals.has(name)) name = this.#declare(`${preferred}$`);
    const before = this.#constants.get(message) ?? [];
    this.#constants.set(message, [...before, ...printStatements(0, [declare(name)])]);
    return name;
  }

  #declare(preferred: string): string {
    const name = this.context.scope.declare(preferred);
    this.#hidden.add(name);
    return name;
  }

  #importNested(plan: ValuePlan | undefined): void {
    if (plan?.nested === undefined || this.#validators.has(plan.nested)) return;
    const name = this.context.validator(plan.nested);
    if (name === undefined) return;
    this.#validators.set(plan.nested, name);
    this.#hidden.add(name);
  }

  #declareConstants(field: FieldModel, plan: ValuePlan | undefined, role: string, mistakes: Mistake[]): void {
    for (const check of plan?.checks ?? []) {
      for (const literal of longLiterals(check)) {
        const { test } = check;
        const name = this.#declareConstant(field, `${role}Constant`, (name) =>
          test.kind === "paths" ? pathList(name, test.paths) : constant(name, [literal]),
        );
        const declared = this.#declared.get(check) ?? new Map<string, string>();
        this.#declared.set(check, declared.set(literal, name));
      }
      if (check.test.kind === "no_match") this.#declarePattern(field, check, check.test.pattern, role, mistakes);
    }
  }

  #declarePattern(field: FieldModel, check: Check, pattern: string, role: string, mistakes: Mistake[]): void {
    const { location } = field;
    const rule = `the rule ${check.rulePath} of ${field.parent.fullName}.${field.name}`;
    try {
      const code = patternCode(pattern, this.context);
      const name = this.#declareConstant(field, `${role}Pattern`, (name) => code.declare(name));
      this.#patterns.set(check, { name, code });
      if (code.compiled.kind !== "re2") return;
      const message = `${rule} is left to @bufbuild/re2, which has to be installed: ${code.compiled.reason}`;
      this.context.note({ location, message });
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      mistakes.push({ location, message: `${rule} has a pattern that ${error.message}` });
    }
  }

  #declareConstant(field: FieldModel, suffix: string, declare: (name: string) => Statement): string {
    return this.declareConstant(field.parent, firstLower(this.#label(field)) + suffix, declare);
  }

  #label(field: FieldModel): string {
    const property = propertyName(field);
    return this.context.names.message(field.parent).shape + property.charAt(0).toUpperCase() + property.slice(1);
  }
}

/** The declaration of a list of paths. */
function pathList(name: string, paths: readonly string[]): Statement {
  return lines(() => fit(`const ${name} = [`, paths.map(stringLiteral), "];").split("\n"));
}

function firstLower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
