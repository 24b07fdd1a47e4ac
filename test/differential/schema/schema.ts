// Random schemas, as descriptors: what a compiler would hand to the generator.
import { clone, create, createFileRegistry, type FileRegistry } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { Random } from "../../fuzz/random.js";
import { randomFile, type SchemaHooks } from "./file.js";
import { type TypeRef, wellKnownFiles, wellKnownTypes } from "./types.js";

/** A schema of a few files. */
export interface Schema {
  /** What it was made of: the same seed gives the same schema. */
  readonly seed: number;
  /** Its own files, imports before those who import them. */
  readonly files: readonly FileDescriptorProto[];
  readonly registry: FileRegistry;
  /** What the compiler would send. */
  request(parameter: string): CodeGeneratorRequest;
}

/** A random schema. */
export function randomSchema(seed: number, hooks?: SchemaHooks): Schema {
  const random = new Random(seed);
  const imports = [...wellKnownFiles, ...(hooks?.imports ?? [])];
  const files: FileDescriptorProto[] = [];
  const types: TypeRef[] = [...wellKnownTypes];
  const packages = new Set<string>();
  const scopes = new Set<string>();
  const declared = new Set<string>();
  for (let i = 1 + random.below(3); i > 0; i--) {
    const dependency = [...imports, ...files].map(({ name }) => name);
    const made = randomFile(random, `${random.pick(["", "dir/", "a/b/"])}file${i}.proto`, types, dependency);
    // Two files of one package would have to know of each other's names.
    if (packages.has(made.file.package)) continue;
    // No compiler takes a package that has the name of a type, or the other way round.
    const around = scopesOf(made.file.package);
    const names = declaredNames(made.file);
    if (around.some((scope) => declared.has(scope)) || names.some((name) => scopes.has(name))) continue;
    for (const scope of around) scopes.add(scope);
    for (const name of names) declared.add(name);
    packages.add(made.file.package);
    files.push(made.file);
    types.push(...made.types);
  }
  if (hooks?.file !== undefined) for (const file of files) hooks.file(file, random);
  const all = [...imports, ...files];
  return {
    seed,
    files,
    registry: createFileRegistry(create(FileDescriptorSetSchema, { file: all })),
    request(parameter) {
      const fileToGenerate = files.map(({ name }) => name);
      const protoFile = all.map((file) => clone(FileDescriptorProtoSchema, file));
      return create(CodeGeneratorRequestSchema, { protoFile, fileToGenerate, parameter });
    },
  };
}

/** A package and those around it. */
function scopesOf(name: string): string[] {
  const parts = name.split(".");
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

/** The full names of the outermost types of a file. */
function declaredNames({ package: scope, messageType, enumType }: FileDescriptorProto): string[] {
  return [...messageType, ...enumType].map(({ name }) => (scope === "" ? name : `${scope}.${name}`));
}
