import { describe, expect, test } from "vitest";
import {
  appendBlocks,
  findService,
  insertImport,
  insertMethod,
  type NewMethod,
  serviceLines,
} from "../../../../generator/add/insert.js";
import { outline } from "../../../../generator/add/scan.js";
import { applyEdits } from "../../../../generator/skeleton/edits.js";

const query: NewMethod = {
  name: "Query",
  request: "QueryRequest",
  response: "Note",
  clientStream: false,
  serverStream: true,
  comment: "",
};
const rpc = "rpc Query(QueryRequest) returns (stream Note);";
const added = (text: string, method: NewMethod = query): string =>
  applyEdits(text, [insertMethod(text, findService(text, "S")!, method)]);

describe("the outline of a file", () => {
  test("names its statements and the members of services, whatever stands in comments and texts", () => {
    const text = `\ufeffsyntax = "proto3"; // service A {
/* service B { } */ package a.b;
import public "x;{.proto";
option (o) = { a: "}" b { c: 1 } };
export message M { string s = 1 [(r) = { re: "};" }]; service = 2; }
service S { option (p) = {}; rpc A(B) returns (C) { option x = '\\'}'; } ; rpc D(.a.b.M)returns(stream M); }
extend E { int32 service = 1; }`;
    const shown = outline(text).map(({ keyword, name, start, end }) => [keyword, name, text.slice(start, end).at(-1)]);
    expect(shown).toEqual([
      ["syntax", "proto3", ";"],
      ["package", "a.b", ";"],
      ["import", "public", ";"],
      ["option", "", ";"],
      ["message", "M", "}"],
      ["service", "S", "}"],
      ["extend", "E", "}"],
    ]);
    const members = findService(text, "S")!.body.statements.map(({ keyword, name }) => `${keyword} ${name}`);
    expect(members).toEqual(["option ", "rpc A", " ", "rpc D"]);
    expect(findService(text, "A") ?? findService(text, "B")).toBeUndefined();
  });

  test("comes to an end for anything", () => {
    for (const text of ["", "}", "service S {", "a [ {", '"', "/*", "service S { rpc", "((((", ";;;;}}}}"])
      outline(text);
  });
});

describe("a method becomes the last one, laid out as its neighbours are", () => {
  test.each([
    ["service S {}", `service S {\n  ${rpc}\n}`],
    ["  service S{ }", `  service S{ \n    ${rpc}\n  }`],
    ["service S {\n}\n", `service S {\n  ${rpc}\n}\n`],
    ["service S {\n\trpc A(B) returns (C);\n}\n", `service S {\n\trpc A(B) returns (C);\n\t${rpc}\n}\n`],
    ["service S { rpc A(B) returns (C); }", `service S { rpc A(B) returns (C); \n  ${rpc}\n}`],
    [
      "service S {\r\n    rpc A(B) returns (C) {}\r\n}",
      `service S {\r\n    rpc A(B) returns (C) {}\r\n    ${rpc}\r\n}`,
    ],
    [
      "service S {\n  rpc A(B) returns (C);\n\n  rpc D(B) returns (C);\n}",
      `service S {\n  rpc A(B) returns (C);\n\n  rpc D(B) returns (C);\n\n  ${rpc}\n}`,
    ],
    [
      "service S {\n  rpc A(B) returns (C); // a\n  // b\n}",
      `service S {\n  rpc A(B) returns (C); // a\n  // b\n\n  ${rpc}\n}`,
    ],
    ["service S {\n  // only a comment\n}", `service S {\n  // only a comment\n\n  ${rpc}\n}`],
    ["message M {\n    int32 a = 1;\n}\nservice S {}", `message M {\n    int32 a = 1;\n}\nservice S {\n    ${rpc}\n}`],
  ])("%j", (text, expected) => {
    expect(added(text)).toBe(expected);
  });

  test("with streams and a comment", () => {
    const method = { ...query, clientStream: true, comment: "Looks.\n\n*/ And looks on.\r\nEnd" };
    expect(added("service S {}", method)).toBe(
      "service S {\n  // Looks.\n  //\n  // */ And looks on.\n  // End\n  rpc Query(stream QueryRequest) returns (stream Note);\n}",
    );
  });
});

describe("blocks at the end", () => {
  test.each([
    ["", "message A {}\n\nmessage B {}\n"],
    ["x", "x\n\nmessage A {}\n\nmessage B {}\n"],
    ["x\n", "x\n\nmessage A {}\n\nmessage B {}\n"],
    ["x\n\n", "x\n\nmessage A {}\n\nmessage B {}\n"],
    ["x\r\n", "x\r\n\r\nmessage A {}\r\n\r\nmessage B {}\r\n"],
  ])("%j", (text, expected) => {
    expect(applyEdits(text, [appendBlocks(text, [["message A {}"], ["message B {}"]])])).toBe(expected);
  });

  test("a service of either side", () => {
    expect(serviceLines({ name: "S", host: "plugin", comment: "Says." })).toEqual(["// Says.", "service S {}"]);
    expect(serviceLines({ name: "S", host: "daemon", comment: "" })).toHaveLength(3);
  });
});

describe("an import", () => {
  test.each([
    ['import "a";\n', 'import "a";\nimport "n";\n'],
    ['import "a"; // why\r\nx', 'import "a"; // why\r\nimport "n";\r\nx'],
    ['import "a"; import "b"; message M {}', 'import "a"; import "b"; import "n"; message M {}'],
    ['import "a"; /* b\n */', 'import "a"; import "n"; /* b\n */'],
    ["package p;\nmessage M {}", 'package p;\n\nimport "n";\nmessage M {}'],
    ["\ufeffmessage M {}", '\ufeffimport "n";\n\nmessage M {}'],
  ])("%j", (text, expected) => {
    expect(applyEdits(text, [insertImport(text, "n")!])).toBe(expected);
  });

  test("that is there already is not written again", () => {
    expect(insertImport('import public "n";', "n")).toBeUndefined();
  });
});
