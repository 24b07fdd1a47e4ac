import { describe, expect, test } from "vitest";
import { defaultTemplateText, parseTemplate, readTemplate } from "../../../../generator/buf/template.js";

const parse = (text: string) => parseTemplate(text, "buf.gen.yaml");
const plugin = "plugins: [{local: protoc-gen-es, out: gen}]";

describe("the template that is written", () => {
  test("names nothing of this machine and reads as it should", () => {
    const text = defaultTemplateText("gen");
    expect(text).not.toMatch(/node_modules|\/(?:work|home|root|tmp|usr)\b/);
    expect(parse(text)).toEqual({
      path: "buf.gen.yaml",
      inputs: [{ directory: "proto" }],
      plugins: [
        expect.objectContaining({
          name: "protoc-gen-es",
          out: "gen",
          options: ["target=ts", "import_extension=js", "erasable_syntax=true"],
          entry: expect.objectContaining({ strategy: "all", include_imports: true }) as unknown,
        }),
        expect.objectContaining({
          name: "protoc-gen-crucible",
          out: "gen",
          options: ["target=ts", "import_extension=js"],
          entry: expect.objectContaining({ strategy: "all" }) as unknown,
        }),
      ],
      rest: {},
    });
  });

  test.each(["src/gen", "a b", "x: y", '"', "#", "- a", "ö"])("takes any folder: %s", (out) => {
    expect(parse(defaultTemplateText(out)).plugins.map((entry) => entry.out)).toEqual([out, out]);
  });
});

describe("a template of the user", () => {
  test("reads what buf reads: options as text or list, inputs left out, other settings kept", () => {
    const text = [
      "version: v2",
      "clean: true",
      "managed: {enabled: true}",
      "plugins:",
      "  - {local: [npx, protoc-gen-x], out: a, opt: 'b=1,c=2'}",
      "  - {remote: buf.build/x/y, out: z, opt: [d=3]}",
    ];
    const template = parse(text.join("\n"));
    expect(template.inputs).toEqual([{ directory: "." }]);
    expect(template.rest).toEqual({ managed: { enabled: true } });
    expect(template.plugins.map(({ name, options }) => [name, options])).toEqual([
      ["npx protoc-gen-x", ["b=1", "c=2"]],
      ["buf.build/x/y", ["d=3"]],
    ]);
  });

  test.each([
    ["a: [", "buf.gen.yaml:1:5: Flow sequence"],
    ["", "buf.gen.yaml holds no settings"],
    ["- 1", "buf.gen.yaml holds no settings"],
    ["version: v1", 'buf.gen.yaml is not of version v2: run "npx buf config migrate --buf-gen-yaml buf.gen.yaml"'],
    [`version: v2\ninputs: proto\n${plugin}`, "buf.gen.yaml: inputs has to be a list"],
    ["version: v2", "buf.gen.yaml lists no plugins"],
    ["version: v2\nplugins: []", "buf.gen.yaml lists no plugins"],
    ["version: v2\nplugins: [{out: gen}]", "buf.gen.yaml: a plugin says neither local nor remote"],
    ["version: v2\nplugins: [{local: x}]", "buf.gen.yaml: plugin x has no out"],
  ])("%j is refused in one line", (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(/^[^\n]*$/);
  });

  test("an alias bomb costs an error, not memory", () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(10)}]`);
    expect(() => parse(["version: v2", "l0: &l0 [x]", ...levels].join("\n"))).toThrow(/^buf\.gen\.yaml: .*alias/);
  });

  test("a file that is missing, or is a folder", () => {
    expect(() => readTemplate("/nowhere/x.yaml", "x.yaml")).toThrow("there is no x.yaml: correct --config");
    expect(() => readTemplate("/", "/")).toThrow("/ cannot be read (EISDIR)");
  });
});
