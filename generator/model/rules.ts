import {
  type DescExtension,
  type FileRegistry,
  getExtension,
  hasExtension,
  type Message,
  type MessageShape,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type {
  FieldOptions,
  FieldOptionsSchema,
  MessageOptions,
  MessageOptionsSchema,
  OneofOptions,
  OneofOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import type {
  FieldRules,
  MessageRules,
  OneofRules,
  PredefinedRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { mistake } from "../errors.js";
import type { FieldModel, FileModel, MessageModel, PredefinedRule } from "./model.js";

// `Ignore.ALWAYS` of buf/validate/validate.proto.
const ignoreAlways = 3;

/** Reads the rules of buf.validate out of the options of an element; undefined where there are none. */
export interface RuleReader {
  field(options: FieldOptions | undefined): FieldRules | undefined;
  message(options: MessageOptions | undefined): MessageRules | undefined;
  oneof(options: OneofOptions | undefined): OneofRules | undefined;
}

/**
 * Rules are decoded with the schema that the request brings along, so that predefined rules of the user's own are
 * known too. A request without buf/validate/validate.proto has no rules.
 *
 * @throws GeneratorError when that schema is older than the rules as they are known today.
 */
export function createRuleReader(registry: FileRegistry): RuleReader {
  const reader =
    <Options extends MessageShape<typeof FieldOptionsSchema | typeof MessageOptionsSchema | typeof OneofOptionsSchema>>(
      extensionName: string,
      typeName: string,
    ) =>
    (options: Options | undefined): Message | undefined => {
      if (options?.$unknown === undefined) return undefined;
      const extension = registry.getExtension(extensionName) as DescExtension | undefined;
      if (extension === undefined || !hasExtension(options, extension)) return undefined;
      if (extension.message?.typeName !== typeName) {
        throw mistake(
          `buf/validate/validate.proto has no ${typeName}; update it to version 1.0 or later (buf dep update)`,
        );
      }
      return getExtension(options, extension) as Message;
    };
  return {
    field: reader<FieldOptions>("buf.validate.field", "buf.validate.FieldRules") as RuleReader["field"],
    message: reader<MessageOptions>("buf.validate.message", "buf.validate.MessageRules") as RuleReader["message"],
    oneof: reader<OneofOptions>("buf.validate.oneof", "buf.validate.OneofRules") as RuleReader["oneof"],
  };
}

/**
 * The predefined rules that a set of rules carries. One that is repeated comes once for each time it is written, as
 * protovalidate has it.
 */
export function readPredefined(registry: FileRegistry, rules: Message): PredefinedRule[] {
  const desc = registry.getMessage(rules.$typeName);
  const option = registry.getExtension("buf.validate.predefined");
  if (rules.$unknown === undefined || desc === undefined || option === undefined) return [];
  return rules.$unknown.flatMap(({ no }) => {
    const extension = registry.getExtensionFor(desc, no);
    const options = extension?.proto.options;
    if (extension === undefined || options === undefined || !hasExtension(options, option)) return [];
    const { cel } = getExtension(options, option) as PredefinedRules;
    return [{ extension, value: getExtension(rules, extension), cel, set: reflect(desc, rules) }];
  });
}

/** Whether a message states rules itself, on a field or a oneof included. */
function statesRules(message: MessageModel): boolean {
  if (message.rules !== undefined && (message.rules.cel.length > 0 || message.rules.oneof.length > 0)) return true;
  if (message.rules !== undefined && message.rules.celExpression.length > 0) return true;
  if (message.oneofs.some((oneof) => oneof.rules?.required === true)) return true;
  return message.fields.some((field) => fieldStatesRules(field));
}

function fieldStatesRules({ rules }: FieldModel): boolean {
  if (rules === undefined || rules.ignore === ignoreAlways) return false;
  return rules.required || rules.cel.length > 0 || rules.celExpression.length > 0 || rules.type.case !== undefined;
}

/**
 * The messages whose validator has something to check: those with rules of their own, and those that can hold one
 * of them in a field that is not ignored.
 */
export function spreadRules(files: Iterable<FileModel>): ReadonlySet<MessageModel> {
  const holders = new Map<MessageModel, MessageModel[]>();
  const ruled = new Set<MessageModel>();
  for (const file of files) {
    for (const message of file.allMessages) {
      if (statesRules(message)) ruled.add(message);
      for (const field of message.fields) {
        if (field.type.kind !== "message" || field.rules?.ignore === ignoreAlways) continue;
        const list = holders.get(field.type.message);
        if (list === undefined) holders.set(field.type.message, [message]);
        else list.push(message);
      }
    }
  }
  // A Set visits what is added while it is walked.
  for (const message of ruled) {
    for (const holder of holders.get(message) ?? []) ruled.add(holder);
  }
  return ruled;
}
