// What a rule that is an expression is about.
import type { CelRule, Part } from "../../../model/cel/rule.js";
import type { FieldModel, MessageModel } from "../../../model/model.js";
import { assignCall, type Statement, stringLiteral } from "../validate-layout.js";
import type { ValidateScope } from "../validate-scope.js";
import type { Printed } from "./text.js";

/** What a rule looks at, and where what is wrong with it gets noted. */
export interface CelSubject {
  readonly message: MessageModel;
  /** Undefined for rules of the message itself. */
  readonly field: FieldModel | undefined;
  readonly part: Part;
  /** `this`. */
  readonly subject: Printed;
  /** What @bufbuild/cel is given for it. */
  readonly whole: string;
  /** The expression for the path of the field. */
  readonly path: string;
  readonly forKey: boolean;
}

/** The statement that notes a broken rule. */
export function violation(rule: CelRule, target: CelSubject, message: string, scope: ValidateScope): Statement {
  const args = ["violations", target.path, stringLiteral(rule.ruleId), message];
  if (rule.rulePath !== rule.ruleId || target.forKey) args.push(stringLiteral(rule.rulePath));
  if (target.forKey) args.push("true");
  return assignCall("violations", scope.context.runtime("violate"), args);
}
