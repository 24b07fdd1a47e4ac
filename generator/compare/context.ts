// What the comparisons of services, shapes and rules share.
import type { SourceLocation } from "../model/model.js";
import type { Carriage, Carriers } from "./carriers.js";
import { breaksNothing, type Change } from "./change.js";
import type { Matching } from "./match.js";
import type { Schema } from "./schema.js";

/** Two versions side by side. */
export interface Comparison {
  readonly old: Schema;
  readonly now: Schema;
  readonly matching: Matching;
  /** How messages travel, old and new services together. */
  carriages(oldName: string | undefined, newName: string | undefined): readonly Carriage[];
  /** Notes a change at a place of the new schema. */
  add(location: SourceLocation, change: ChangeFacts): void;
  /** Notes a change at a place of the old schema: what was there is gone. */
  addGone(location: SourceLocation, change: ChangeFacts): void;
  readonly changes: readonly Change[];
}

/** A change without its place; by default nothing breaks and no code has to change. */
export type ChangeFacts = Pick<Change, "rule" | "element" | "message" | "bump"> &
  Partial<Pick<Change, "was" | "breaks" | "code" | "buf">>;

/** Begins a comparison without changes. */
export function createComparison(
  old: Schema,
  now: Schema,
  matching: Matching,
  before: Carriers,
  after: Carriers,
): Comparison {
  const changes: Change[] = [];
  const push = (location: SourceLocation, facts: ChangeFacts): void => {
    changes.push({ breaks: breaksNothing, code: false, buf: [], ...facts, location });
  };
  return {
    old,
    now,
    matching,
    carriages: (oldName, newName) => {
      const all = [
        ...(oldName === undefined ? [] : before.of(oldName)),
        ...(newName === undefined ? [] : after.of(newName)),
      ];
      return [...new Map(all.map((one) => [`${one.host} ${one.part}`, one])).values()];
    },
    add: (location, facts) => push(now.place(location), facts),
    addGone: (location, facts) => push(old.place(location), facts),
    changes,
  };
}
