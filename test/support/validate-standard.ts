// The standard rules, as the descriptor of buf/validate/validate.proto has them.
import { type DescMessage, getOption } from "@bufbuild/protobuf";
import { FieldRulesSchema, predefined } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** One rule of a set of rules, such as `min_len` of `string`. */
export interface StandardRule {
  /** Path from `buf.validate.field`, such as `string.min_len` or `repeated.items`. */
  readonly path: string;
  /** What violations of it may be called. Empty for rules that only hold others, and for `example`. */
  readonly ruleIds: readonly string[];
}

/** Rules without CEL of their own in the descriptor, by path. */
const withoutCel: Readonly<Record<string, readonly string[]>> = {
  "any.in": ["any.in"],
  "any.not_in": ["any.not_in"],
  "enum.defined_only": ["enum.defined_only"],
};

/** Every rule of a field by type, in the order of the schema. */
export const standardRules: readonly StandardRule[] = FieldRulesSchema.oneofs
  .find(({ name }) => name === "type")!
  .fields.flatMap((set) => rulesIn(set.name, set.message!));

function rulesIn(set: string, desc: DescMessage): StandardRule[] {
  return desc.fields.map((field) => {
    const path = `${set}.${field.name}`;
    const ids = getOption(field, predefined).cel.map(({ id }) => id);
    return { path, ruleIds: withoutCel[path] ?? ids.filter((id) => !id.endsWith(".example")) };
  });
}
