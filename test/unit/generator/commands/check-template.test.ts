import { expect, test } from "vitest";
import { parseTemplate } from "../../../../generator/buf/template.js";
import { checkTemplate } from "../../../../generator/commands/check-template.js";

const check = (...plugins: string[]) =>
  checkTemplate(parseTemplate(`version: v2\nplugins: [${plugins.join(", ")}]`, "buf.gen.yaml"), "/repo");

test.each([
  [
    "by name",
    "{local: protoc-gen-es, out: gen, opt: import_extension=.js}",
    "{local: protoc-gen-crucible, out: ./gen/}",
  ],
  [
    "by path",
    "{local: ./bin/protoc-gen-es, out: g, opt: import_extension=js}",
    "{local: [npx, protoc-gen-crucible], out: g}",
  ],
  [
    "last option counts",
    "{local: protoc-gen-es, out: g, opt: [import_extension=js, import_extension=none]}",
    "{local: protoc-gen-crucible, out: g, opt: import_extension=none}",
  ],
])("finds the two plugins: %s", (_name, es, own) => {
  const pair = check(own, "{remote: buf.build/x/y, out: z}", es);
  expect(pair.own?.name).toContain("protoc-gen-crucible");
  expect(pair.es?.name).toContain("protoc-gen-es");
});

test("a template may lack either", () => {
  expect(check("{local: protoc-gen-go, out: gen}")).toEqual({ own: undefined, es: undefined });
});

test("what they write has to be in one place, with one way of importing", () => {
  expect(() => check("{local: protoc-gen-es, out: a}", "{local: protoc-gen-crucible, out: b}")).toThrow(
    "buf.gen.yaml: protoc-gen-es writes to a and protoc-gen-crucible to b; give both the same out",
  );
  expect(() => check("{local: protoc-gen-es, out: a}", "{local: protoc-gen-crucible, out: a}")).toThrow(
    "buf.gen.yaml: protoc-gen-es has import_extension=none and protoc-gen-crucible js; give both the same",
  );
});
