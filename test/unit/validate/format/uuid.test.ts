import { describe, expect, it } from "vitest";
import * as fast from "../../../../runtime/typescript/src/validate/format/uuid.js";
import * as small from "../../../../runtime/typescript/src/validate/format/uuid-small.js";

const uuid = "123e4567-e89b-12D3-a456-42661417400F";
const trimmed = uuid.replaceAll("-", "");

/** `text` with another character at `at`. */
function withAt(text: string, at: number, character: string): string {
  return text.slice(0, at) + character + text.slice(at + 1);
}

describe.each([
  ["fast", fast],
  ["small", small],
])("UUIDs, %s", (_name, { isUuid, isTrimmedUuid }) => {
  it("takes hexadecimal digits of either case, with hyphens or without", () => {
    expect(isUuid(uuid)).toBe(true);
    expect(isTrimmedUuid(trimmed)).toBe(true);
    expect(isUuid(trimmed)).toBe(false);
    expect(isTrimmedUuid(uuid)).toBe(false);
  });

  it("refuses any other length", () => {
    for (const text of ["", uuid.slice(1), `${uuid}0`, `${uuid}\n`, `\n${uuid}`]) expect(isUuid(text)).toBe(false);
    for (const text of ["", trimmed.slice(1), `${trimmed}0`, `${trimmed}\n`]) expect(isTrimmedUuid(text)).toBe(false);
  });

  // What is one less or more than a digit or letter, hyphens out of place, and units whose low 7 or 8 bits are a digit's.
  it.each(["/", ":", "@", "G", "`", "g", " ", "\0", "\u00b1", "\u0130", "\u0131", "\u0661", "\uff11", "\ud800"])(
    "refuses %j at every place",
    (stray) => {
      for (let at = 0; at < uuid.length; at++) expect(isUuid(withAt(uuid, at, stray)), `at ${at}`).toBe(false);
      for (let at = 0; at < trimmed.length; at++) expect(isTrimmedUuid(withAt(trimmed, at, stray))).toBe(false);
    },
  );

  it("wants hyphens at their places, and nowhere else", () => {
    for (let at = 0; at < uuid.length; at++) {
      expect(isUuid(withAt(uuid, at, uuid[at] === "-" ? "0" : "-")), `at ${at}`).toBe(false);
    }
  });
});
