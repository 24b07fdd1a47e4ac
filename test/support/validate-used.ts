// Which rules the messages of a schema state.
import { createFileRegistry, create, type DescMessage, getOption } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { type CodeGeneratorRequest, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import {
  field as fieldExtension,
  FieldRulesSchema,
  message as messageExtension,
  MessageRulesSchema,
  oneof as oneofExtension,
  OneofRulesSchema,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** The rules stated in the files to generate: `string.min_len`, `required`, `message.oneof`, `oneof.required`, … */
export function rulesUsed(request: CodeGeneratorRequest): ReadonlySet<string> {
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: request.protoFile }));
  const used = new Set<string>();
  const visit = (desc: DescMessage): void => {
    collect(reflect(MessageRulesSchema, getOption(desc, messageExtension)), "message.", used);
    for (const oneof of desc.oneofs) {
      collect(reflect(OneofRulesSchema, getOption(oneof, oneofExtension)), "oneof.", used);
    }
    for (const field of desc.fields) collect(reflect(FieldRulesSchema, getOption(field, fieldExtension)), "", used);
    desc.nestedMessages.forEach(visit);
  };
  for (const name of request.fileToGenerate) registry.getFile(name)?.messages.forEach(visit);
  return used;
}

function collect(rules: ReflectMessage, prefix: string, used: Set<string>): void {
  for (const field of rules.fields) {
    if (!rules.isSet(field)) continue;
    const isSet = field.message?.typeName.startsWith("buf.validate.") === true && field.fieldKind === "message";
    // What stands for items, keys and values are rules of fields again.
    if (isSet && field.message === FieldRulesSchema) collect(rules.get(field) as ReflectMessage, "", used);
    if (isSet && prefix === "" && field.message !== FieldRulesSchema) {
      collect(rules.get(field) as ReflectMessage, `${field.name}.`, used);
    } else {
      used.add(prefix + field.name);
    }
  }
}
