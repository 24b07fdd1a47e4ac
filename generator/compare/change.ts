// What a difference between two versions of a schema means: for whom, and for the version number.
import type { SourceLocation } from "../model/model.js";

/** Which number of a version a change asks for, from the least to the most. */
export const bumps = ["none", "patch", "minor", "major"] as const;
/** One of {@link bumps}. */
export type Bump = (typeof bumps)[number];

/** A side of a session. */
export type Side = "daemon" | "plugin";

/** The two ways in which old and new can meet, and whether something breaks there. */
export interface Mixes {
  readonly oldDaemonNewPlugin: boolean;
  readonly newDaemonOldPlugin: boolean;
}

/** One difference. */
export interface Change {
  /** What kind of change it is, such as `METHOD_RENAMED`; those of buf keep their names, such as `FIELD_SAME_NAME`. */
  readonly rule: string;
  /** Where it stands in the new schema or, when it is gone, in the old one; the path is as the user knows it. */
  readonly location: SourceLocation;
  /** What it is about, such as `acme.v1.Note.title` or `acme.v1.Notes/Get`. */
  readonly element: string;
  /** What it was called before, when that is another name. */
  readonly was?: string;
  /** One line: what was, and what is. */
  readonly message: string;
  readonly bump: Bump;
  /** What breaks at run time. */
  readonly breaks: Mixes;
  /** Whether TypeScript that uses the generated code has to change. */
  readonly code: boolean;
  /** Rules of buf that say the same. */
  readonly buf: readonly string[];
}

/** Nothing breaks, however old and new are mixed. */
export const breaksNothing: Mixes = Object.freeze({ oldDaemonNewPlugin: false, newDaemonOldPlugin: false });
/** Old and new never understand each other. */
export const breaksBoth: Mixes = Object.freeze({ oldDaemonNewPlugin: true, newDaemonOldPlugin: true });

/** What breaks in either of two cases. */
export function eitherMix(a: Mixes, b: Mixes): Mixes {
  return {
    oldDaemonNewPlugin: a.oldDaemonNewPlugin || b.oldDaemonNewPlugin,
    newDaemonOldPlugin: a.newDaemonOldPlugin || b.newDaemonOldPlugin,
  };
}

/**
 * What breaks when one end of a service is new and the other old.
 *
 * @param host the side that answers; the other one calls.
 */
export function mixesOf(
  host: Side,
  broken: { readonly oldCallerNewHost?: boolean; readonly newCallerOldHost?: boolean },
): Mixes {
  const [newHost, oldHost] = [broken.oldCallerNewHost === true, broken.newCallerOldHost === true];
  return host === "plugin"
    ? { oldDaemonNewPlugin: newHost, newDaemonOldPlugin: oldHost }
    : { oldDaemonNewPlugin: oldHost, newDaemonOldPlugin: newHost };
}

/** The side that has to be updated first so that nothing breaks on the way; `both` when they have to move together. */
export function firstToMove({ oldDaemonNewPlugin, newDaemonOldPlugin }: Mixes): Side | "both" | "either" {
  if (oldDaemonNewPlugin) return newDaemonOldPlugin ? "both" : "daemon";
  return newDaemonOldPlugin ? "plugin" : "either";
}

/** The greater of two numbers. */
export function greaterBump(a: Bump, b: Bump): Bump {
  return bumps.indexOf(a) >= bumps.indexOf(b) ? a : b;
}

/** What all changes together ask for. */
export function totalBump(changes: readonly Change[]): Bump {
  return changes.reduce<Bump>((bump, change) => greaterBump(bump, change.bump), "none");
}

/** What all changes together break. */
export function totalMixes(changes: readonly Change[]): Mixes {
  return changes.reduce<Mixes>((mixes, change) => eitherMix(mixes, change.breaks), breaksNothing);
}
