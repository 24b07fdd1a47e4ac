// Reading what a message, a list or a map may not have.
import { CelFault } from "./fault.js";

/** Any oneof, as messages hold it. */
interface Oneof {
  readonly case?: string | undefined;
  readonly value?: unknown;
}

/** The value of a member of a oneof; undefined when another one is set, or none. */
export function chosenValue<T extends Oneof, Case extends T["case"] & string>(
  oneof: T | undefined,
  name: Case,
): Extract<T, { readonly case: Case }>["value"] | undefined {
  return oneof?.case === name ? oneof.value : undefined;
}

/** Whether the message holds the field itself, rather than its default. */
export function ownsField(message: object | undefined, field: string): boolean {
  if (message === undefined || !Object.hasOwn(message, field)) return false;
  return (message as Readonly<Record<string, unknown>>)[field] !== undefined;
}

/** @throws CelFault when a wrapper is null where its value is needed. */
export function nonNull<T>(value: T | undefined): T {
  if (value === undefined) throw new CelFault("a value is null");
  return value;
}

/** @throws CelFault when the list has no such item. */
export function itemAt<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new CelFault(`a list of ${items.length} has no item ${index}`);
  return item;
}

/** @throws CelFault when the map has no such key. */
export function entryAt<T>(map: { readonly [key: string]: T }, key: string): T {
  if (!Object.hasOwn(map, key)) throw new CelFault(`a map has no key ${JSON.stringify(key.slice(0, 32))}`);
  return map[key]!;
}

/** Whether a value is in a list. NaN is in none. */
export function isIn(value: unknown, items: readonly unknown[]): boolean {
  return items.indexOf(value) >= 0;
}

/** Whether two lists of plain values are equal. */
export function hasSameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
