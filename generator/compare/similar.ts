// How much alike two elements are that have different names.
import type { EnumModel, FieldModel, MessageModel, MethodModel, ServiceModel, ValueType } from "../model/model.js";

/** What a value is, without names: `string`, `enum`, `message`, with its cardinality. */
export function typeSignature({ cardinality, mapKey, type }: FieldModel): string {
  const value = type.kind === "scalar" ? type.scalar : type.kind;
  return `${cardinality} ${mapKey ?? ""} ${value}`;
}

/** What a field is declared as, such as `repeated acme.v1.Note` or `map<string, int32>`. */
export function typeText({ cardinality, mapKey, type }: FieldModel): string {
  const value = valueText(type);
  if (cardinality === "map") return `map<${mapKey ?? "string"}, ${value}>`;
  return cardinality === "list" ? `repeated ${value}` : value;
}

/** What a value is called in the schema. */
export function valueText(type: ValueType): string {
  if (type.kind === "scalar") return type.scalar;
  return type.kind === "enum" ? type.enum.fullName : type.message.fullName;
}

/** From 0 to 1: the share of fields with one number and one type; a name that differs counts less. */
export function messageLikeness(a: MessageModel, b: MessageModel): number {
  const most = Math.max(a.fields.length, b.fields.length);
  if (most === 0) return 1;
  const byNumber = new Map(b.fields.map((field) => [field.number, field]));
  let sum = 0;
  for (const field of a.fields) {
    const other = byNumber.get(field.number);
    if (other === undefined || typeSignature(field) !== typeSignature(other)) continue;
    sum += field.name === other.name ? 1 : 0.7;
  }
  return sum / most;
}

/** From 0 to 1: the share of values with one number; names are compared without what all of an enum begin with. */
export function enumLikeness(a: EnumModel, b: EnumModel): number {
  const most = Math.max(a.values.length, b.values.length);
  const key = (model: EnumModel, name: string): string => name.slice(model.sharedPrefix?.length ?? 0).toLowerCase();
  const byNumber = new Map(b.values.map((value) => [value.number, key(b, value.name)]));
  let sum = 0;
  for (const value of a.values) {
    const other = byNumber.get(value.number);
    if (other !== undefined) sum += other === key(a, value.name) ? 1 : 0.4;
  }
  return sum / most;
}

/** From 0 to 1: whether two methods do the same, by shape and messages. */
export function methodLikeness(
  a: MethodModel,
  b: MethodModel,
  isSame: (a: MessageModel, b: MessageModel) => boolean,
): number {
  if (a.shape !== b.shape) return 0;
  const like = (x: MessageModel, y: MessageModel): number => (isSame(x, y) ? 1 : messageLikeness(x, y) * 0.9);
  return (like(a.request, b.request) + like(a.response, b.response)) / 2;
}

/** From 0 to 1: the share of methods with one name that do the same. */
export function serviceLikeness(
  a: ServiceModel,
  b: ServiceModel,
  isSame: (a: MessageModel, b: MessageModel) => boolean,
): number {
  const most = Math.max(a.methods.length, b.methods.length);
  if (most === 0) return 0;
  let sum = 0;
  for (const method of a.methods) {
    const other = b.methods.find(({ name }) => name === method.name);
    if (other !== undefined) sum += methodLikeness(method, other, isSame);
  }
  return sum / most;
}

/**
 * Pairs what is left on both sides: each with the one that is most like it, when neither has another as like.
 *
 * @param least how like they have to be.
 */
export function pairByLikeness<T>(
  old: readonly T[],
  now: readonly T[],
  likeness: (a: T, b: T) => number,
  least: number,
): [T, T][] {
  const best = (one: T, others: readonly T[], score: (one: T, other: T) => number): T | undefined => {
    const ranked = others.map((other) => [score(one, other), other] as const).toSorted(([a], [b]) => b - a);
    const [first, second] = ranked;
    return first !== undefined && first[0] >= least && first[0] > (second?.[0] ?? 0) ? first[1] : undefined;
  };
  return old.flatMap((a): [T, T][] => {
    const b = best(a, now, likeness);
    return b !== undefined && best(b, old, (x, y) => likeness(y, x)) === a ? [[a, b]] : [];
  });
}
