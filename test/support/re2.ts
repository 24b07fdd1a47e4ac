import { create, createFileRegistry, setExtension } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import { field, FieldRulesSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

const validator = createValidator();
let count = 0;

/**
 * What protovalidate's RE2 says to a pattern: a function that matches texts.
 *
 * @throws Error when RE2 refuses the pattern.
 */
export function re2(pattern: string): (text: string) => boolean {
  const options = create(FieldOptionsSchema);
  setExtension(options, field, create(FieldRulesSchema, { type: { case: "string", value: { pattern } } }));
  const name = `M${count++}`;
  const file = create(FileDescriptorProtoSchema, {
    name: `${name}.proto`,
    syntax: "proto3",
    messageType: [
      {
        name,
        field: [
          {
            name: "text",
            number: 1,
            type: FieldDescriptorProto_Type.STRING,
            label: FieldDescriptorProto_Label.OPTIONAL,
            options,
          },
        ],
      },
    ],
  });
  const desc = createFileRegistry(file, () => undefined).getMessage(name)!;
  const matches = (text: string): boolean => {
    const result = validator.validate(desc, create(desc, { text }));
    if (result.kind === "error") throw result.error;
    return result.kind === "valid";
  };
  matches("");
  return matches;
}
