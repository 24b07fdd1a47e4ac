import { describe, expect, test } from "vitest";
import { refuseCollisions } from "../../../../generator/commands/collisions.js";
import { wireId } from "../../../../generator/model/wire-id.js";
import { collidingMethods } from "../../../support/colliding-methods.js";
import { modelOfText } from "../../../support/model-of.js";

const [inA, inB] = collidingMethods("acme.v1.A", "acme.v1.B");
const proto = (body: string): string =>
  `syntax = "proto3";\npackage acme.v1;\nimport "crucible/options/v1/options.proto";\nimport "acme/v1/m.proto";\n${body}`;
const files = (host: string): Record<string, string> => ({
  "acme/v1/m.proto": 'syntax = "proto3"; package acme.v1; message M {}',
  "acme/v1/a.proto": proto(`service A {\n  rpc ${inA}(M) returns (M);\n}`),
  "acme/v1/b.proto": proto(
    `service B {\n  option (crucible.options.v1.service).host = ${host};\n  rpc ${inB}(M) returns (M);\n}`,
  ),
});

function refusal(...models: Parameters<typeof refuseCollisions>[0]): string {
  try {
    refuseCollisions(models);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("wire ids across files", () => {
  test("two methods of one host: both places, one line", () => {
    const id = `0x${wireId(`acme.v1.A/${inA}`).toString(16).padStart(8, "0")}`;
    expect(refusal(modelOfText(files("HOST_PLUGIN")))).toBe(
      `acme/v1/b.proto:7:3: method acme.v1.B/${inB} has the wire id ${id} of acme.v1.A/${inA} in acme/v1/a.proto:6; rename one of them`,
    );
  });

  test("across two inputs", () => {
    const { "acme/v1/b.proto": b = "", ...rest } = files("HOST_PLUGIN");
    const m = rest["acme/v1/m.proto"]!;
    const other = modelOfText({ "acme/v1/b.proto": b.replace("m.proto", "m2.proto"), "acme/v1/m2.proto": m });
    expect(refusal(modelOfText(rest), other)).toContain("rename one of them");
  });

  test("daemon and plugin have numbers of their own", () => {
    expect(refusal(modelOfText(files("HOST_DAEMON")))).toBe("");
  });
});

const one = (path: string): ReturnType<typeof modelOfText> =>
  modelOfText({ [path]: 'syntax = "proto3";\npackage x;\nmessage M {}\nservice S {\n  rpc Get(M) returns (M);\n}' });

describe("the same names in two inputs", () => {
  test("a service", () => {
    expect(refusal(one("a.proto"), one("b.proto"))).toBe(
      "b.proto:4:1: service x.S is declared in a.proto:4 too; rename one of them",
    );
  });

  test("a file, which would be written twice", () => {
    expect(refusal(one("a.proto"), one("a.proto"))).toBe(
      "a.proto: comes from two inputs; give one of the files another name or folder",
    );
  });

  test("a file that both import is no collision", () => {
    const shared = 'syntax = "proto3"; package x; message M {} service S { rpc Get(M) returns (M); }';
    const importing = (name: string) => {
      const model = modelOfText({
        "s.proto": shared,
        [name]: 'syntax = "proto3"; import "s.proto"; message N { x.M m = 1; }',
      });
      // As buf would have it when only `name` was asked for.
      return { ...model, files: model.files.map((file) => ({ ...file, generate: file.path === name })) };
    };
    expect(refusal(importing("a.proto"), importing("b.proto"))).toBe("");
  });
});
