// One random file: first the types and their names, then the fields, which may refer to any of them.
import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  Edition,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  FeatureSet_EnumType as EnumType,
  FeatureSet_FieldPresence as Presence,
  FeatureSet_MessageEncoding as Encoding,
  FeatureSet_RepeatedFieldEncoding as Repeated,
  FeatureSet_Utf8Validation as Utf8,
  FeatureSetSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import type { Random } from "../../fuzz/random.js";
import { addExtensions, addFields } from "./fields.js";
import { Names, packageName } from "./names.js";
import { message, type TypeRef } from "./types.js";

/** What can be put on the elements of a schema once they are complete, such as options with rules. */
export interface SchemaHooks {
  /** Files that what the hooks add refers to. */
  readonly imports: readonly FileDescriptorProto[];
  file?(file: FileDescriptorProto, random: Random): void;
}

/** The dialects of the schema language. */
export type Dialect = "proto2" | "proto3" | Edition.EDITION_2023 | Edition.EDITION_2024;

/** What is decided for a file as a whole, and found by its parts. */
export interface FileScope {
  readonly random: Random;
  readonly dialect: Dialect;
  /** How fields go without a feature of their own; for proto2 and proto3 what these do. */
  readonly presence: Presence;
  readonly packed: boolean;
  /** Every type that a field may have; those of this file last. */
  readonly types: TypeRef[];
  /** The messages of this file, in the order in which they are filled: each may require those before it. */
  readonly declared: { readonly ref: TypeRef; readonly proto: DescriptorProto; readonly names: Names }[];
}

const dialects: readonly Dialect[] = ["proto2", "proto3", Edition.EDITION_2023, Edition.EDITION_2024];

/** A random file. */
export function randomFile(
  random: Random,
  path: string,
  imported: readonly TypeRef[],
  dependency: string[],
): { readonly file: FileDescriptorProto; readonly types: readonly TypeRef[] } {
  const dialect = random.pick(dialects);
  const file = create(FileDescriptorProtoSchema, { name: path, package: packageName(random), dependency });
  // Protobuf-es tells one package from another by its types alone: a name of its own for each file is enough.
  const root = new Names(random);
  const editions = typeof dialect !== "string";
  if (editions) {
    file.syntax = "editions";
    file.edition = dialect;
  } else {
    file.syntax = dialect;
  }
  const features = editions && random.below(2) === 0 ? randomFeatures(random) : undefined;
  if (features !== undefined) file.options = create(FileOptionsSchema, { features });
  const proto3 = dialect === "proto3";
  const scope: FileScope = {
    random,
    dialect,
    presence: features?.fieldPresence || (proto3 ? Presence.IMPLICIT : Presence.EXPLICIT),
    packed: features?.repeatedFieldEncoding ? features.repeatedFieldEncoding === Repeated.PACKED : dialect !== "proto2",
    types: [...imported],
    declared: [],
  };
  const closed = features?.enumType ? features.enumType === EnumType.CLOSED : dialect === "proto2";
  const prefix = file.package === "" ? "." : `.${file.package}.`;
  // Enum values live in the scope around their enum.
  for (let i = random.below(3); i > 0; i--) file.enumType.push(randomEnum(scope, root, prefix, closed));
  for (let i = 1 + random.below(4); i > 0; i--) file.messageType.push(declare(scope, root, prefix, closed, 0));
  for (const { proto, names, ref } of scope.declared) addFields(scope, proto, names, ref);
  addExtensions(scope, file, root);
  return { file, types: scope.types.slice(imported.length) };
}

function randomFeatures(random: Random) {
  const maybe = <T>(values: readonly T[]): { pick?: T } => (random.below(2) === 0 ? { pick: random.pick(values) } : {});
  const presence = maybe([Presence.EXPLICIT, Presence.IMPLICIT]).pick;
  const enumType = maybe([EnumType.OPEN, EnumType.CLOSED]).pick;
  const repeated = maybe([Repeated.PACKED, Repeated.EXPANDED]).pick;
  const utf8 = maybe([Utf8.VERIFY, Utf8.NONE]).pick;
  const encoding = maybe([Encoding.LENGTH_PREFIXED, Encoding.DELIMITED]).pick;
  return create(FeatureSetSchema, {
    ...(presence === undefined ? {} : { fieldPresence: presence }),
    ...(enumType === undefined ? {} : { enumType }),
    ...(repeated === undefined ? {} : { repeatedFieldEncoding: repeated }),
    ...(utf8 === undefined ? {} : { utf8Validation: utf8 }),
    ...(encoding === undefined ? {} : { messageEncoding: encoding }),
  });
}

/** Declares a message and what is nested in it, without fields yet. */
function declare(scope: FileScope, around: Names, prefix: string, closed: boolean, nesting: number): DescriptorProto {
  const { random } = scope;
  const proto = create(DescriptorProtoSchema, { name: around.type() });
  const ref = message(prefix + proto.name);
  scope.types.push(ref);
  const names = new Names(random);
  names.claim(proto.name);
  const inner = `${ref.typeName}.`;
  if (random.below(3) === 0) proto.enumType.push(randomEnum(scope, names, inner, closed));
  if (nesting < 3) {
    for (let i = random.below(5) - 2; i > 0; i--) {
      proto.nestedType.push(declare(scope, names, inner, closed, nesting + 1));
    }
  }
  scope.declared.push({ ref, proto, names });
  return proto;
}

const enumNumbers = [1, -1, 2, 7, 127, 128, 2147483647, -2147483648, 300, 5];

function randomEnum(scope: FileScope, around: Names, prefix: string, fileCloses: boolean): EnumDescriptorProto {
  const { random } = scope;
  const proto = create(EnumDescriptorProtoSchema, { name: around.type() });
  let closed = fileCloses;
  if (typeof scope.dialect !== "string" && random.below(3) === 0) {
    closed = random.below(2) === 0;
    const features = create(FeatureSetSchema, { enumType: closed ? EnumType.CLOSED : EnumType.OPEN });
    proto.options = create(EnumOptionsSchema, { features });
  }
  const first = closed && random.below(2) === 0 ? random.pick(enumNumbers) : 0;
  const numbers = new Set([first]);
  for (let i = random.below(5); i > 0; i--) numbers.add(random.pick(enumNumbers));
  if (random.below(3) === 0) numbers.add(0);
  const shared = random.below(2) === 0 ? `${proto.name.toUpperCase()}_` : "";
  for (const number of numbers) {
    let name = `${shared}${random.pick(["CONSTRUCTOR", "V", "toString", "NaN", "__proto__", "A_B"])}`;
    while (!around.claim(name)) name += "x";
    proto.value.push({ $typeName: "google.protobuf.EnumValueDescriptorProto", name, number });
  }
  scope.types.push({ typeName: prefix + proto.name, kind: "enum", closed, values: proto.value });
  return proto;
}
