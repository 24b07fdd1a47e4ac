// Whether one set of rules refuses more than another.
import type { RuleFacts, RuleValue } from "./rule-facts.js";

/** What a change of rules does to values that were good, and to values that were not. */
export interface RuleChange {
  /** Values that were good can be refused now. */
  readonly tightened: boolean;
  /** Values that were refused can be good now. */
  readonly loosened: boolean;
  /** Each rule that differs: `string.min_len: 1, before none`. */
  readonly told: readonly string[];
}

/** Rules whose greater value refuses more, and those whose smaller one does. */
const lower = /(?:^|\.)(?:gte?|min_len|min_bytes|min_items|min_pairs)$/;
const upper = /(?:^|\.)(?:lte?|max_len|max_bytes|max_items|max_pairs|within)$/;
/** What refuses nothing by itself. */
const silent = /(?:^|\.)(?:strict|example|ignore)$/;

/** Compares. */
export function compareRules(old: RuleFacts, now: RuleFacts): RuleChange {
  let [tightened, loosened] = [false, false];
  const told: string[] = [];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const [before, after] = [old.get(path), now.get(path)];
    if (isEqual(before, after)) continue;
    const [tighter, looser] = isTurned(old) || isTurned(now) ? ([true, true] as const) : judge(path, before, after);
    tightened ||= tighter;
    loosened ||= looser;
    told.push(tell(path, before, after));
  }
  return { tightened, loosened, told };
}

function judge(path: string, before: RuleValue | undefined, after: RuleValue | undefined): readonly [boolean, boolean] {
  if (path.endsWith("example")) return [false, false];
  if (/(?:^|\.)ignore$/.test(path)) return ignored(before, after);
  // A switch that is off is no rule.
  const [from, to] = [before === false ? undefined : before, after === false ? undefined : after];
  if (from === undefined) return [to !== undefined, false];
  if (to === undefined) return [false, true];
  if (from instanceof Set && to instanceof Set) {
    // `oneof` of a message lists groups, of each of which at most one field is set.
    const [gained, lost] = [!isWithin(to, from), !isWithin(from, to)];
    return /(?:^|\.)in$/.test(path) ? [lost, gained] : [gained, lost];
  }
  if (isNumber(from) && isNumber(to)) {
    if (lower.test(path)) return [to > from, from > to];
    if (upper.test(path)) return [from > to, to > from];
  }
  return [true, true];
}

/** `IGNORE_ALWAYS` (3) takes every rule away, `IGNORE_IF_ZERO_VALUE` (1) those for one value. */
function ignored(before: RuleValue | undefined, after: RuleValue | undefined): readonly [boolean, boolean] {
  const [from, to] = [Number(before ?? 0), Number(after ?? 0)];
  return [from > to, to > from];
}

/** A range whose lower end lies above its upper one stands for what is outside of it: there less is more. */
function isTurned(facts: RuleFacts): boolean {
  for (const [path, value] of facts) {
    const bound = /^(.*\.)gte?$/.exec(path);
    if (bound === null) continue;
    const other = facts.get(`${bound[1]}lt`) ?? facts.get(`${bound[1]}lte`);
    if (isNumber(value) && isNumber(other) && value > other) return true;
  }
  return false;
}

/**
 * Whether the rules of a field that is new refuse what a writer sends who does not know it: nothing at all, which a
 * field without presence reads as its zero.
 */
export function refuseZero(facts: RuleFacts, hasPresence: boolean): boolean {
  if (facts.get("ignore") === 3) return false;
  if (facts.get("required") === true) return true;
  if (hasPresence || facts.get("ignore") === 1) return false;
  for (const [path, value] of facts) {
    // Rules of elements have none to look at.
    if (/\.(?:items|keys|values)\./.test(path) || value === false || silent.test(path)) continue;
    const rule = path.slice(path.lastIndexOf(".") + 1);
    if (rule.startsWith("min_") || rule === "len" || rule === "len_bytes") {
      if (isNumber(value) && value > 0) return true;
    } else if (rule === "gt" ? isNumber(value) && value >= 0 : rule === "gte" && isNumber(value) && value > 0)
      return true;
    else if (rule === "lt" ? isNumber(value) && value <= 0 : rule === "lte" && isNumber(value) && value < 0)
      return true;
    else if (rule === "const") {
      if (value !== 0 && value !== 0n && value !== "") return true;
    } else if (rule === "in") {
      if (value instanceof Set && !["0", ""].some((zero) => value.has(zero))) return true;
    } else if (rule === "not_in") {
      if (value instanceof Set && ["0", ""].some((zero) => value.has(zero))) return true;
    } else if (!/^(?:max_|lte?$|gte?$|unique$|finite$|defined_only$|not_contains$)/.test(rule)) return true;
  }
  return false;
}

function isWithin(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((one) => whole.has(one));
}

function isEqual(a: RuleValue | undefined, b: RuleValue | undefined): boolean {
  return a instanceof Set && b instanceof Set ? a.size === b.size && isWithin(a, b) : a === b;
}

function isNumber(value: RuleValue | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function tell(path: string, before: RuleValue | undefined, after: RuleValue | undefined): string {
  if (before === undefined) return `${path} is ${show(after)} now, was not there`;
  if (after === undefined) return `${path} is gone, was ${show(before)}`;
  return `${path} is ${show(after)} now, was ${show(before)}`;
}

function show(value: RuleValue | undefined): string {
  const text =
    value instanceof Set
      ? `[${[...value].join(", ")}]`
      : typeof value === "string"
        ? JSON.stringify(value)
        : String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
