// The names of protobuf-es are met: compared with what protoc-gen-es itself writes for every golden case.
import { describe, expect, test } from "vitest";
import { modelOf } from "../../../../../generator/generate.js";
import { enumKey, namesOf, propertyName } from "../../../../../generator/targets/typescript/names.js";
import { cases, compile } from "../../../../golden/case.js";
import { generateProtobufEs } from "../../../../golden/protobuf-es.js";

describe.each(cases.filter((golden) => !golden.name.startsWith("bad-")))("$name", (golden) => {
  test("shapes, properties and enum values are those of protoc-gen-es", async () => {
    const request = compile(golden);
    const written = new Map(generateProtobufEs(request).file.map((file) => [file.name, file.content]));
    const files = modelOf(request).files.filter((file) => file.generate);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const text = written.get(`${file.basePath}_pb.ts`) ?? "";
      const names = namesOf(file);
      for (const message of file.allMessages) {
        const { shape } = names.message(message);
        const head = text.split("\n").find((line) => line.startsWith(`export type ${shape} = Message`));
        expect(head).toMatch(/^export type \S+ = Message(\$1)?<"([\w.]+)"> & {$/);
        expect(head).toContain(`<"${message.fullName}">`);
        const body = text.slice(text.indexOf(`export type ${shape} = `)).split("\n};\n")[0] ?? "";
        for (const member of message.members) expect(body).toMatch(propertyPattern(propertyName(member)));
        for (const field of message.oneofs.flatMap((oneof) => oneof.fields)) {
          expect(body).toContain(`case: "${propertyName(field)}";`);
        }
      }
      for (const model of file.allEnums) {
        const { shape } = names.enum(model);
        const body = text.slice(text.indexOf(`export const ${shape} = {`)).split("\n} as const")[0] ?? "";
        for (const value of model.values) expect(body).toContain(`  ${enumKey(value)}: ${value.number},`);
      }
    }
  });

  test("every name of a file is given once", async () => {
    for (const file of modelOf(compile(golden)).files) {
      const names = namesOf(file);
      const all = [
        ...file.allMessages.flatMap((message) => Object.values(names.message(message))),
        ...file.services.flatMap((service) => Object.values(names.service(service))),
        ...file.allEnums.map((model) => names.enum(model).object),
      ];
      expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
      for (const service of file.services) {
        const methods = service.methods.map((method) => names.method(method));
        expect(new Set(methods).size).toBe(methods.length);
        for (const name of methods) expect(name in {}).toBe(false);
      }
    }
  });
});

function propertyPattern(name: string): RegExp {
  return new RegExp(`^  ${name.replaceAll("$", "\\$")}\\??: `, "m");
}
