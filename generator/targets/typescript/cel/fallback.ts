// Rules that @bufbuild/cel runs: each is a constant that parses its expression when it is first needed.
import { fits } from "../../../emit/layout.js";
import type { CelRule } from "../../../model/cel/rule.js";
import { only, type Statement, lines, indentOf, stringLiteral, when } from "../validate-layout.js";
import type { ValidateScope } from "../validate-scope.js";
import { type CelSubject, violation } from "./subject.js";

/** The statements for a rule that is not compiled; the user is told why. */
export function fallbackRule(rule: CelRule, reason: string, target: CelSubject, scope: ValidateScope): Statement[] {
  const { message, field } = target;
  const element = field === undefined ? message.fullName : `${message.fullName}.${field.name}`;
  const place = rule.rulePath === "" ? rule.ruleId : rule.rulePath;
  scope.context.note({
    location: (field ?? message).location,
    message: `the rule ${place} of ${element} is run by @bufbuild/cel, which has to be installed, because ${reason}`,
  });
  const run = scope.declareConstant(message, `${scope.label(message, field)}Rule`, (name) =>
    lines(() => declare(name, rule, target, scope)),
  );
  const verdict = scope.verdict();
  return [
    lines((level) => {
      const line = `${indentOf(level)}const ${verdict} = ${run}(${target.whole});`;
      return fits(line) ? [line] : [`${indentOf(level)}// prettier-ignore`, line];
    }),
    when(only(`${verdict} !== undefined`), [violation(rule, target, verdict, scope)]),
  ];
}

function declare(name: string, rule: CelRule, target: CelSubject, { context }: ValidateScope): string[] {
  const { message, field, part } = target;
  const property = (key: string, value: string): string[] => {
    const line = `  ${key}: ${stringLiteral(value)},`;
    return fits(line) ? [line] : [`  ${key}:`, `    ${stringLiteral(value)},`];
  };
  return [
    `const ${name} = ${context.runtime("celRule")}(${context.schema(message)}, {`,
    ...(field === undefined ? [] : property("field", field.name)),
    ...(field === undefined || part === "value" ? [] : property("part", part)),
    ...property("id", rule.ruleId),
    ...(rule.message === "" ? [] : property("message", rule.message)),
    ...property("expression", rule.expression),
    ...(rule.predefined === undefined ? [] : property("extension", rule.predefined.extension)),
    ...(rule.predefined === undefined ? [] : property("rules", rule.predefined.set)),
    "});",
  ];
}
