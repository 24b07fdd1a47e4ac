// What the user says was renamed: `--rename acme.v1.Note=acme.v1.Memo`, `--rename acme.v1.Note.title=heading`.
import { mistake } from "../errors.js";
import type { Schema } from "./schema.js";

/** Renames that were given, not guessed. */
export interface Renames {
  /** The name that a message, an enum or a service has now: another one, or the same. */
  typeName(fullName: string): string;
  /** The new name of a field, a value or a method, without its parent; undefined when nothing is said of it. */
  memberName(fullName: string): string | undefined;
}

/** No renames. */
export const noRenames: Renames = { typeName: (name) => name, memberName: () => undefined };

/**
 * Reads `old=new` pairs. Old is a package, a type, or a member of one, with its package (a method with a dot or a
 * slash); new is the whole name or, in place of the last part, that part alone.
 *
 * @throws GeneratorError when a pair is none, or a name is in neither schema.
 */
export function parseRenames(texts: readonly string[], old: Schema, now: Schema): Renames {
  const [before, after] = [namesIn(old), namesIn(now)];
  const types = new Map<string, string>();
  const packages = new Map<string, string>();
  const members = new Map<string, string>();
  for (const text of texts) {
    const [from = "", to = "", ...more] = text.replaceAll("/", ".").split("=");
    const shown = JSON.stringify(text);
    if (from === "" || to === "" || more.length > 0) {
      throw mistake(
        `--rename ${shown} is no pair: write it as in acme.v1.Note=acme.v1.Memo or acme.v1.Note.title=heading`,
      );
    }
    const kind = before.get(from);
    if (kind === undefined)
      throw mistake(`--rename ${shown}: the old schema has no ${from}; write its name with its package`);
    const last = to.slice(to.lastIndexOf(".") + 1);
    const parent = from.slice(0, from.lastIndexOf(".") + 1);
    if (kind === "package") {
      if (after.get(to) !== "package") throw mistake(`--rename ${shown}: the new schema has no package ${to}`);
      packages.set(from, to);
    } else if (kind === "type") {
      const whole = to.includes(".") || parent === "" ? to : parent + to;
      if (after.get(whole) !== "type") throw mistake(`--rename ${shown}: the new schema has no ${whole}`);
      types.set(from, whole);
    } else {
      const isMember = [...after].some(([name, one]) => one === "member" && name.endsWith(`.${last}`));
      if (!isMember) throw mistake(`--rename ${shown}: the new schema has nothing called ${last}`);
      members.set(from, last);
    }
  }
  const inPackages = [...packages].toSorted(([a], [b]) => b.length - a.length);
  return {
    typeName(name) {
      const given = types.get(name);
      if (given !== undefined) return given;
      const moved = inPackages.find(([from]) => name.startsWith(`${from}.`));
      return moved === undefined ? name : moved[1] + name.slice(moved[0].length);
    },
    memberName: (name) => members.get(name),
  };
}

type Kind = "package" | "type" | "member";

function namesIn({ files, messages, enums, services }: Schema): Map<string, Kind> {
  const names = new Map<string, Kind>();
  for (const file of files) if (file.package !== "") names.set(file.package, "package");
  for (const message of messages) {
    for (const { name } of [...message.fields, ...message.oneofs]) names.set(`${message.fullName}.${name}`, "member");
  }
  for (const model of enums) for (const { name } of model.values) names.set(`${model.fullName}.${name}`, "member");
  for (const service of services)
    for (const { name } of service.methods) names.set(`${service.fullName}.${name}`, "member");
  for (const { fullName } of [...messages, ...enums, ...services]) names.set(fullName, "type");
  return names;
}
