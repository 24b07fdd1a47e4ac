import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { categoryName, codeName, reasons } from "../../runtime/typescript/src/error/index.js";
import { FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { encodeFrameTwin, twinTypes } from "../twin/frame-twin.js";
import { exampleRequest, exampleResponse } from "./frame-examples.js";
import { openBlockTwin } from "../twin/lz4-twin.js";
import { exampleKey, rekey, sealFrame, sealRun } from "./frame-seals.js";

const document = readFileSync(new URL("../../proto/PROTOCOL.md", import.meta.url), "utf8");

/** Cells of the table rows in the section that begins with `heading`. */
function rows(heading: string): string[][] {
  const start = document.indexOf(`\n${heading}`);
  expect(start, heading).toBeGreaterThan(0);
  const next = document.slice(start + 2).search(/\n#{2,3} /);
  const section = next < 0 ? document.slice(start) : document.slice(start, start + 2 + next);
  const lines = section.split("\n").filter((line) => line.startsWith("|") && !line.startsWith("| ---"));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

/** The bytes that the hex tables of a section show, one text for each table. */
function shownBytes(heading: string): string[] {
  const tables: string[] = [];
  for (const [offset, bytes] of rows(heading)) {
    if (offset === "offset") tables.push("");
    else tables.push(tables.pop()! + bytes!.replaceAll(/[` ]/g, ""));
  }
  return tables;
}

/** The anchor that GitHub gives a heading. */
const slug = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("PROTOCOL.md", () => {
  it("lists each reason of the catalogue with its category, code and retryability, and no other", () => {
    const shown = rows("## 11. Errors").filter((row) => row[0] !== "reason");
    const expected = Array.from(reasons).map(([reason, { category, code, ...rest }]) => [
      reason,
      categoryName(category),
      codeName(code),
      rest.retryable ? "↻" : "",
    ]);
    // The document orders them by what they are about, the catalogue by what they mean to the caller.
    const sorted = (table: readonly (readonly string[])[]): string[] => table.map((row) => row.join(" ")).toSorted();
    expect(sorted(shown.map((row) => row.slice(0, 4)))).toEqual(sorted(expected));
  });

  it("lists each frame type with its number", () => {
    const shown = rows("### 4.1 Types").slice(1);
    const numbers = Object.fromEntries(shown.map((row) => [row[1], Number(row[0])]));
    expect(numbers).toEqual(FrameType);
    for (const [value, { name }] of twinTypes) expect(numbers[name]).toBe(value);
  });

  it("shows the bytes that its rules give", () => {
    expect(shownBytes("### A.1")).toEqual([
      hex(encodeFrameTwin(exampleRequest)),
      hex(encodeFrameTwin(exampleResponse)),
    ]);
    expect(shownBytes("### A.4")).toEqual([hex(sealFrame(exampleKey, 0n, exampleRequest))]);
    expect(shownBytes("### A.6")).toEqual([hex(sealRun(exampleKey, 0n, [exampleRequest, exampleResponse]))]);
    const compressed = /`00 00 00 21 ([0-9a-f ]+)`/.exec(document)![1]!;
    const block = new Uint8Array(Buffer.from(compressed.replaceAll(" ", ""), "hex"));
    expect(hex(openBlockTwin(block))).toBe("61".repeat(33));
    expect(document).toContain(hex(rekey(exampleKey)));
    const notAfter = Buffer.alloc(8);
    notAfter.writeBigUInt64BE(1767225600n);
    const statement = Buffer.concat([Buffer.from("crucible/1 daemon noise key\0knowledge\0"), notAfter, exampleKey]);
    expect(shownBytes("### A.5")).toEqual([hex(statement)]);
    const jwk = /`(\{"crv".*"AAEC.*\})`/.exec(document)![1]!;
    expect(JSON.parse(jwk)).toEqual({ crv: "X25519", kty: "OKP", x: Buffer.from(exampleKey).toString("base64url") });
    expect(document).toContain(createHash("sha256").update(jwk).digest("base64url"));
  });

  it("has an anchor for each of its links", () => {
    const anchors = new Set([...document.matchAll(/^#{2,3} (.+)$/gm)].map((match) => slug(match[1]!)));
    const links = [...document.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((link) => !anchors.has(link))).toEqual([]);
  });

  it("names only reasons of the catalogue as the end of a connection or a call", () => {
    const words = [...document.matchAll(/\b(?:BAD|TOKEN|METHOD|HANDSHAKE|TICKET|CREDIT|FRAME|MESSAGE)_[A-Z_]+\b/g)];
    const kinds = new Set(["MESSAGE_ID"]);
    const unknown = words.map((match) => match[0]).filter((word) => !reasons.has(word) && !kinds.has(word));
    expect(unknown).toEqual([]);
  });
});
