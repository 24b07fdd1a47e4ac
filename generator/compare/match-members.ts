// What became of the members of a type that is in both schemas.
import type { EnumModel, EnumValueModel, FieldModel, MessageModel, OneofModel } from "../model/model.js";
import type { Renames } from "./renames.js";
import { typeSignature } from "./similar.js";

/** The fields of a message with what they are now: by what the user says, by number, by name. */
export function matchFields(old: MessageModel, now: MessageModel, renames: Renames): [FieldModel, FieldModel][] {
  const byName = new Map(now.fields.map((field) => [field.name, field]));
  const byNumber = new Map(now.fields.map((field) => [field.number, field]));
  const pairs = new Map<FieldModel, FieldModel>();
  const taken = new Set<FieldModel>();
  const add = (a: FieldModel, b: FieldModel | undefined): void => {
    if (b === undefined || taken.has(b) || pairs.has(a)) return;
    pairs.set(a, b);
    taken.add(b);
  };
  const passes: ((field: FieldModel) => FieldModel | undefined)[] = [
    (field) => byName.get(renames.memberName(`${old.fullName}.${field.name}`) ?? ""),
    (field) => (byNumber.get(field.number)?.name === field.name ? byNumber.get(field.number) : undefined),
    // A number with another name is the same field when it holds the same, and the old name is not to be found elsewhere.
    (field) => {
      const other = byNumber.get(field.number);
      const same = other !== undefined && typeSignature(other) === typeSignature(field);
      return same && !byName.has(field.name) ? other : undefined;
    },
    (field) => byName.get(field.name),
  ];
  for (const find of passes) for (const field of old.fields) add(field, find(field));
  return [...pairs];
}

/** The values of an enum with what they are now. An alias is found by its name. */
export function matchValues(
  old: EnumModel,
  now: EnumModel,
  renames: Renames,
  pairs: Map<EnumValueModel, EnumValueModel>,
): void {
  const byName = new Map(now.values.map((value) => [value.name, value]));
  const taken = new Set<EnumValueModel>();
  const add = (a: EnumValueModel, b: EnumValueModel | undefined): void => {
    if (b === undefined || taken.has(b) || pairs.has(a)) return;
    pairs.set(a, b);
    taken.add(b);
  };
  for (const value of old.values) add(value, byName.get(renames.memberName(`${old.fullName}.${value.name}`) ?? ""));
  for (const value of old.values) add(value, byName.get(value.name));
  for (const value of old.values) {
    add(
      value,
      now.values.find((other) => other.number === value.number && !taken.has(other)),
    );
  }
}

/** The oneofs of a message with what they are now: by name, else by the fields they hold. */
export function matchOneofs(
  old: MessageModel,
  now: MessageModel,
  fields: ReadonlyMap<FieldModel, FieldModel>,
  pairs: Map<OneofModel, OneofModel>,
): void {
  for (const oneof of old.oneofs) {
    const named = now.oneofs.find(({ name }) => name === oneof.name);
    const heirs = new Set(oneof.fields.map((field) => fields.get(field)?.oneof));
    const [heir] = heirs;
    const other = named ?? (heirs.size === 1 ? heir : undefined);
    if (other !== undefined && other.parent === now) pairs.set(oneof, other);
  }
}
