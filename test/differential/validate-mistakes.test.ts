// Rules for another type than the value has: where protovalidate refuses to compile them, the generator does so in one
// line, and nowhere else.
import { create, createFileRegistry, type MessageInitShape } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { CompilationError, createValidator } from "@bufbuild/protovalidate";
import { FieldRulesSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { expect, it } from "vitest";
import { generate } from "../../generator/generate.js";
import { fieldTypes, imports, packageName, type RuledField, schemaOf } from "./validate-schemas.js";

type RulesInit = MessageInitShape<typeof FieldRulesSchema>;

const sets = FieldRulesSchema.oneofs.find(({ name }) => name === "type")!.fields.map(({ localName }) => localName);

it.each(["singular", "list", "map"] as const)("rules that fit no %s field are refused", (shape) => {
  const fields = fieldTypes.flatMap((type) =>
    sets.map((set): RuledField => {
      const rules = { type: { case: set, value: {} } } as RulesInit;
      const whole = set === "repeated" || set === "map" ? rules : around(shape, rules);
      return { type, shape, rules: create(FieldRulesSchema, whole) };
    }),
  );
  const file = schemaOf(fields);
  const protoFile = [...imports, file];
  const { error } = generate(create(CodeGeneratorRequestSchema, { protoFile, fileToGenerate: [file.name] }));
  const lines = error.split("\n");
  for (const line of lines)
    expect(line).toMatch(/: the rule \S+ of fuzz\.v1\.M\d+\.value does not fit its type; \S.*$/);
  const refused = new Set(lines.map((line) => /\.(M\d+)\.value /.exec(line)?.[1]));

  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: protoFile }));
  const reference = createValidator();
  const wanted = fields.flatMap((_, i) => {
    const desc = registry.getMessage(`${packageName}.M${i}`)!;
    const result = reference.validate(desc, create(desc));
    return result.kind === "error" && result.error instanceof CompilationError ? [`M${i}`] : [];
  });
  expect([...refused].toSorted()).toEqual(wanted.toSorted());
  expect(wanted.length).toBeGreaterThan(fields.length / 2);
});

/** Rules for the items of a list or the values of a map. */
function around(shape: RuledField["shape"], rules: RulesInit): RulesInit {
  switch (shape) {
    case "singular":
      return rules;
    case "list":
      return { type: { case: "repeated", value: { items: rules } } };
    case "map":
      return { type: { case: "map", value: { values: rules } } };
  }
}
