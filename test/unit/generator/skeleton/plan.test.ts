import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { importPath, kebabCase, missingMethods, planSkeletons } from "../../../../generator/skeleton/plan.js";
import { modelOfText } from "../../../support/model-of.js";

const service = (name: string, option = ""): string =>
  `service ${name} { ${option} rpc Get(M) returns (M); rpc Watch(M) returns (stream M); }`;
const model = modelOfText({
  "acme/v1/a.proto": `syntax = "proto3"; package acme.v1; import "crucible/options/v1/options.proto"; message M {}
    ${service("SearchProvider")} ${service("TaskList")}
    ${service("Kiln", "option (crucible.options.v1.service).host = HOST_DAEMON;")} service Empty {}`,
  "acme/v2/a.proto": `syntax = "proto3"; package acme.v2; message M {} ${service("TaskList")}`,
});

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "crucible-plan-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

const plans = () => planSkeletons([model], dir);
const summary = () =>
  Object.fromEntries(
    plans().map((plan) => [plan.service.fullName, [relative(dir, plan.path), plan.existing !== undefined]]),
  );

describe("planSkeletons", () => {
  test("a file for each plugin-hosted service with methods; equal names get their package", () => {
    expect(summary()).toEqual({
      "acme.v1.SearchProvider": ["search-provider.ts", false],
      "acme.v1.TaskList": ["acme-v1-task-list.ts", false],
      "acme.v2.TaskList": ["acme-v2-task-list.ts", false],
    });
  });

  test("a class anywhere below src counts, with its module where the name alone is not enough", () => {
    write("plugins/find.ts", "class Search extends SearchProviderPlugin { get() {} }");
    write("lists.ts", 'import { TaskListPlugin } from "../gen/acme/v2/a_plugin.js"; class L extends TaskListPlugin {}');
    expect(summary()).toEqual({
      "acme.v1.SearchProvider": ["plugins/find.ts", true],
      "acme.v1.TaskList": ["acme-v1-task-list.ts", false],
      "acme.v2.TaskList": ["lists.ts", true],
    });
    expect(plans().map(missingMethods)).toEqual([["watch"], [], ["get", "watch"]]);
  });

  test("a file of that name stays, whatever is in it; what is no source is not read", () => {
    write("search-provider.ts", "export {};");
    write("a.d.ts", 'import "acme/v1/a_plugin"; declare class L extends TaskListPlugin {}');
    write("a.md", "class L extends TaskListPlugin {} acme/v1/a_plugin");
    expect(summary()).toMatchObject({
      "acme.v1.SearchProvider": ["search-provider.ts", true],
      "acme.v1.TaskList": ["acme-v1-task-list.ts", false],
    });
    expect(plans().map(missingMethods)[0]).toEqual([]);
  });
});

test.each([
  ["SearchProvider", "search-provider"],
  ["HTTPIndex_v2", "http-index-v2"],
  ["search", "search"],
  ["Base64Codec", "base64-codec"],
  ["acme.v1", "acme-v1"],
  ["__proto__", "proto"],
])("kebabCase(%s)", (name, expected) => {
  expect(kebabCase(name)).toBe(expected);
});

test("importPath always begins with a dot", () => {
  expect(importPath("/a/src", "/a/gen/x")).toBe("../gen/x");
  expect(importPath("/a/src", "/a/src/gen/x")).toBe("./gen/x");
});
