// Which element of the old schema is which of the new one. Names come first; what has another name is found by what the
// user says, by its package, by who uses it, and last by its likeness.
import type {
  EnumModel,
  EnumValueModel,
  FieldModel,
  MessageModel,
  MethodModel,
  OneofModel,
  ServiceModel,
} from "../model/model.js";
import { matchFields, matchOneofs, matchValues } from "./match-members.js";
import type { Renames } from "./renames.js";
import type { Schema } from "./schema.js";
import { enumLikeness, messageLikeness, methodLikeness, pairByLikeness, serviceLikeness } from "./similar.js";

/** How like two elements have to be to pass for one: used together, and without any other hint. */
const least = { used: 0.3, alone: 0.65 } as const;
/** Beyond that many pairs likeness is not looked for: it would take long, and find chance. */
const maxPairs = 250_000;

/** Old elements with what they are now. What is not among the keys is gone. */
export interface Matching {
  readonly messages: ReadonlyMap<MessageModel, MessageModel>;
  readonly enums: ReadonlyMap<EnumModel, EnumModel>;
  readonly services: ReadonlyMap<ServiceModel, ServiceModel>;
  readonly methods: ReadonlyMap<MethodModel, MethodModel>;
  readonly fields: ReadonlyMap<FieldModel, FieldModel>;
  readonly oneofs: ReadonlyMap<OneofModel, OneofModel>;
  readonly values: ReadonlyMap<EnumValueModel, EnumValueModel>;
}

/** What has a place in a package. */
interface Named {
  readonly fullName: string;
  readonly file: { readonly package: string };
}

/** A growing set of pairs of one kind, and what is left on both sides. */
class Pairs<T extends Named> {
  readonly map: Map<T, T> = new Map();
  readonly #taken = new Set<T>();
  readonly #old: ReadonlySet<T>;
  readonly #now: ReadonlySet<T>;

  constructor(old: readonly T[], now: readonly T[]) {
    this.#old = new Set(old);
    this.#now = new Set(now);
  }

  get old(): T[] {
    return [...this.#old].filter((one) => !this.map.has(one));
  }

  get now(): T[] {
    return [...this.#now].filter((one) => !this.#taken.has(one));
  }

  /** Whether both are among what is compared, imports are not, and neither has a partner. */
  isFree(old: T, now: T): boolean {
    return this.#old.has(old) && this.#now.has(now) && !this.map.has(old) && !this.#taken.has(now);
  }

  add(old: T, now: T): void {
    if (!this.isFree(old, now)) return;
    this.map.set(old, now);
    this.#taken.add(now);
  }

  /** Pairs by names: those that the user gives, and equal ones. */
  addNamed(renames: Renames): void {
    const byName = new Map([...this.#now].map((one) => [one.fullName, one]));
    for (const one of this.#old) {
      const other = byName.get(renames.typeName(one.fullName));
      if (other !== undefined && other.fullName !== one.fullName) this.add(one, other);
    }
    for (const one of this.old) {
      const other = byName.get(one.fullName);
      if (other !== undefined) this.add(one, other);
    }
  }

  /** Pairs what has one name in a package and in the one that this became. */
  addMoved(packages: ReadonlyMap<string, string>): void {
    const byName = new Map(this.now.map((one) => [one.fullName, one]));
    for (const one of this.old) {
      const to = packages.get(one.file.package);
      const other = to === undefined ? undefined : byName.get(to === "" ? localName(one) : `${to}.${localName(one)}`);
      if (other !== undefined) this.add(one, other);
    }
  }
}

/** Finds out what became of each element. */
export function matchSchemas(old: Schema, now: Schema, renames: Renames): Matching {
  const messages = new Pairs<MessageModel>(old.messages, now.messages);
  const enums = new Pairs<EnumModel>(old.enums, now.enums);
  const services = new Pairs<ServiceModel>(old.services, now.services);
  for (const pairs of [messages, enums, services]) pairs.addNamed(renames);
  const all = [messages, enums, services];
  const packages = findMovedPackages(
    all.flatMap((pairs): Named[] => pairs.old),
    all.flatMap((pairs): Named[] => pairs.now),
    [old, now].map(({ files }) => new Set(files.map((file) => file.package))),
  );
  for (const pairs of [messages, enums, services]) pairs.addMoved(packages);
  const methods = new Map<MethodModel, MethodModel>();
  const isSame = (a: MessageModel, b: MessageModel): boolean => messages.map.get(a) === b || a.fullName === b.fullName;
  addAlike(services, (a, b) => serviceLikeness(a, b, isSame), packages);
  for (const [a, b] of services.map) matchMethods(a, b, renames, isSame, methods);
  const users = followUses(messages, enums, methods, renames);
  addAlike(messages, messageLikeness, packages);
  addAlike(enums, enumLikeness, packages);
  const late = followUses(messages, enums, methods, renames);
  const values = new Map<EnumValueModel, EnumValueModel>();
  for (const [a, b] of enums.map) matchValues(a, b, renames, values);
  const fields = new Map([...users, ...late]);
  const oneofs = new Map<OneofModel, OneofModel>();
  for (const [a, b] of messages.map) matchOneofs(a, b, fields, oneofs);
  return { messages: messages.map, enums: enums.map, services: services.map, methods, fields, oneofs, values };
}

function matchMethods(
  old: ServiceModel,
  now: ServiceModel,
  renames: Renames,
  isSame: (a: MessageModel, b: MessageModel) => boolean,
  methods: Map<MethodModel, MethodModel>,
): void {
  const taken = new Set<MethodModel>();
  const add = (a: MethodModel, b: MethodModel | undefined): void => {
    if (b === undefined || taken.has(b) || methods.has(a)) return;
    methods.set(a, b);
    taken.add(b);
  };
  const named = (name: string): MethodModel | undefined => now.methods.find((method) => method.name === name);
  for (const method of old.methods) add(method, named(renames.memberName(`${old.fullName}.${method.name}`) ?? ""));
  for (const method of old.methods) add(method, named(method.name));
  const left = old.methods.filter((method) => !methods.has(method));
  const free = now.methods.filter((method) => !taken.has(method));
  const likeness = (a: MethodModel, b: MethodModel): number => methodLikeness(a, b, isSame);
  for (const [a, b] of pairByLikeness(left, free, likeness, least.alone)) add(a, b);
}

/**
 * Pairs the types that stand at one place of both schemas, as long as that gives more. A type that is used where
 * another was used before is that one under a new name when it is like it.
 *
 * @returns the fields of all messages that are paired.
 */
function followUses(
  messages: Pairs<MessageModel>,
  enums: Pairs<EnumModel>,
  methods: ReadonlyMap<MethodModel, MethodModel>,
  renames: Renames,
): Map<FieldModel, FieldModel> {
  const meet = (a: MessageModel, b: MessageModel): void => {
    if (messages.isFree(a, b) && messageLikeness(a, b) >= least.used) messages.add(a, b);
  };
  for (const [a, b] of methods) {
    meet(a.request, b.request);
    meet(a.response, b.response);
  }
  const fields = new Map<FieldModel, FieldModel>();
  // A Map visits what is added while it is walked.
  for (const [a, b] of messages.map) {
    for (const [x, y] of matchFields(a, b, renames)) {
      fields.set(x, y);
      if (x.type.kind === "message" && y.type.kind === "message") meet(x.type.message, y.type.message);
      if (x.type.kind !== "enum" || y.type.kind !== "enum") continue;
      const [from, to] = [x.type.enum, y.type.enum];
      if (enums.isFree(from, to) && enumLikeness(from, to) >= least.used) enums.add(from, to);
    }
  }
  return fields;
}

function addAlike<T extends Named>(
  pairs: Pairs<T>,
  likeness: (a: T, b: T) => number,
  packages: ReadonlyMap<string, string>,
): void {
  const { old, now } = pairs;
  if (old.length * now.length > maxPairs) return;
  const hinted = (a: T, b: T): number => {
    const near = b.file.package === a.file.package || b.file.package === packages.get(a.file.package);
    return near && hasContent(a) && hasContent(b) ? likeness(a, b) : 0;
  };
  for (const [a, b] of pairByLikeness(old, now, hinted, least.alone)) pairs.add(a, b);
}

/** Whether there is enough in a type to tell it by: one field is in many. */
function hasContent(type: object): boolean {
  return !("fields" in type) || (type.fields as readonly unknown[]).length > 1;
}

/**
 * Packages that are called something else: the name is new, and most names of what is left are in it. One name in common
 * says little while the package is still there.
 */
function findMovedPackages(
  old: readonly Named[],
  now: readonly Named[],
  [before, after]: readonly ReadonlySet<string>[],
): Map<string, string> {
  const found = new Map<string, string>();
  const targets = [...groupByPackage(now)].filter(([to]) => before?.has(to) !== true);
  for (const [from, names] of groupByPackage(old)) {
    const least = after?.has(from) === true ? 2 : 1;
    const ranked = targets
      .map(([to, others]) => [to, [...names].filter((name) => others.has(name)).length] as const)
      .filter(([, shared]) => shared >= least)
      .toSorted(([, a], [, b]) => b - a);
    const [best, second] = ranked;
    if (best !== undefined && best[1] > (second?.[1] ?? 0)) found.set(from, best[0]);
  }
  return found;
}

function groupByPackage(all: readonly Named[]): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const one of all) {
    const names = groups.get(one.file.package) ?? new Set();
    groups.set(one.file.package, names.add(localName(one)));
  }
  return groups;
}

function localName({ fullName, file }: Named): string {
  return file.package === "" ? fullName : fullName.slice(file.package.length + 1);
}
