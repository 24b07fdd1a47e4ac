// The formats of strings, against those of protovalidate: one text is tried as all of them at once.
import { create } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cases, compile } from "../../golden/case.js";
import { createReference, loadValidators, type Validators } from "../../support/validators.js";

const golden = cases.find((one) => one.name === "validators")!;
let loaded: Validators;
let reference: ReturnType<typeof createReference>;
beforeAll(async () => {
  loaded = await loadValidators(compile(golden));
  reference = createReference(loaded.registry);
});

const options = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 1500) };

/** Texts at the edge of a format, most of them just inside or just outside. */
const samples = Object.values({
  emails: [
    "a@b",
    "a.b+c@d-e.example",
    "@b",
    "a@",
    "a@-b",
    "a@b-",
    "a@b..c",
    "a@b.",
    `a@${"x".repeat(63)}`,
    `a@${"x".repeat(64)}`,
  ],
  hostnames: [
    "example.com",
    "example.com.",
    "-a.b",
    "a.1",
    "1.a",
    "a..b",
    ".",
    "a_b.c",
    `${"a.".repeat(126)}b`,
    `${"a.".repeat(127)}b`,
  ],
  ipv4: [
    "192.0.2.1",
    "192.0.2.256",
    "192.0.2.01",
    "192.0.2",
    "0.0.0.0",
    "1.2.3.4.5",
    "192.0.2.1/24",
    "192.0.2.0/24",
    "192.0.2.0/33",
  ],
  ipv6: [
    "::",
    "::1",
    "1::",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::",
    "1::2::3",
    ":::",
    ":1",
    "1:",
    "12345::",
  ],
  dotted: [
    "::ffff:192.0.2.1",
    "1:2:3:4:5:6:192.0.2.1",
    "1:2:3:4:5:6:7:192.0.2.1",
    "1:2:3:4:5:6:7:8:9::1.2.3.4",
    "::1.2.3.4%a",
  ],
  zones: [
    "fe80::1%eth0",
    "fe80::1%",
    "fe80::%a/64",
    "2001:db8::/32",
    "2001:db8::1/32",
    "::/0",
    "::/129",
    "::/01",
    "::1/128",
  ],
  quirks: [
    "1:2:3:4:5:6:7:8:9::1.2.3.4/1",
    "1:2:3:4:5:6:7:8:/64",
    "1:2:3:4:5:6:7:8:%a",
    "2001:db8:0:8000::/49",
    "2001:db8:0:8000::/48",
  ],
  uris: [
    "https://u:p@example.com:8080/a/b?c=d&e#f",
    "urn:isbn:1",
    "a:",
    ":a",
    "a:b:c",
    "1a:b",
    "a+b-c.d:e",
    "http://",
    "http://?",
    "http://#",
  ],
  literals: [
    "http://[::1]",
    "http://[::1]:80/",
    "http://[fe80::1%25en1]",
    "http://[fe80::1%en1]",
    "http://[v1.a:b]",
    "http://[v.a]",
    "http://[::ffff:1.2.3.4]",
  ],
  broken: [
    "http://a b",
    "http://a/%zz",
    "http://a/%41",
    "http://%c3%28",
    "http://%c3%a9",
    "http://a?[",
    "http://a?//[::1]",
    "http://a#//[::1]",
  ],
  references: [
    "//host/path",
    "/a//b",
    "a/b:c",
    "a:b/c",
    "./a:b",
    "?q",
    "#f",
    "",
    "a?b#c#d",
    "//[::1",
    "//a:b",
    "//a:1b",
    "//@a",
    "//a@b@c",
  ],
  uuids: [
    "123e4567-e89b-12d3-a456-426614174000",
    "123E4567E89B12D3A456426614174000",
    "123e4567-e89b-12d3-a456-42661417400g",
  ],
  ports: [
    "example.com:80",
    "example.com:65536",
    "example.com:00",
    "example.com:",
    "[::1]:0",
    "[::1]",
    "[::1]]:1",
    "[fe80::1%a]:9",
    "::1:80",
    "1.2.3.4:5",
  ],
  ulids: ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU"],
  names: [
    "a.b.C_1",
    ".a.b",
    "a..b",
    "a.1",
    "_",
    "content-type",
    ":path",
    "::path",
    "a b",
    "tab\there",
    "line\nbreak",
    "nul\u0000",
    "\u007f",
    "é",
  ],
}).flat();

const pieces = [
  [
    "",
    ".",
    ":",
    "::",
    "/",
    "//",
    "?",
    "#",
    "@",
    "%",
    "%41",
    "%c3",
    "%25",
    "[",
    "]",
    "-",
    "_",
    "+",
    "0",
    "1",
    "255",
    "256",
  ],
  [
    "a",
    "F",
    "g",
    "z",
    "v1.",
    "é",
    "😀",
    " ",
    "\n",
    "\u0000",
    "1.2.3.4",
    "::1",
    "/32",
    "/128",
    ":80",
    "x".repeat(63),
    "~",
    "!",
    "'",
    ";",
  ],
].flat();

/** A sample with some pieces put in, or a text made of pieces alone. */
const texts = fc.oneof(
  { arbitrary: fc.constantFrom(...samples), weight: 1 },
  {
    arbitrary: fc
      .tuple(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.constantFrom(...pieces)), { maxLength: 3 }),
      )
      .map(([sample, changes]) =>
        changes.reduce((text, [at, drop, piece]) => {
          const index = at % (text.length + 1);
          return text.slice(0, index) + piece + text.slice(index + drop);
        }, sample),
      ),
    weight: 6,
  },
  { arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join("")), weight: 2 },
);

function expectSame(text: string): void {
  const { desc, validate } = loaded.messages.get("validators.v1.Formats")!;
  const init = Object.fromEntries(desc.fields.map((field) => [field.localName, text]));
  expect(validate(init)).toEqual(reference(desc, create(desc, init)));
}

describe("formats", () => {
  it.each(samples)("%j is what protovalidate takes it for", (text) => expectSame(text));

  it("takes random texts for what protovalidate takes them for", () => {
    fc.assert(fc.property(texts, expectSame), options);
  });
});
