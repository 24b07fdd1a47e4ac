import { format } from "prettier";
import { describe, expect, test } from "vitest";
import { render } from "../../../../generator/render/environment.js";
import { skeletonView } from "../../../../generator/skeleton/view.js";
import { modelOfText } from "../../../support/model-of.js";

const long = "AnswersQuestionsThatAreVeryLongIndeedAndMoreOfThem";
const model = modelOfText({
  "acme/v1/a.proto": `syntax = "proto3"; package acme.v1;
    import "google/protobuf/empty.proto"; import "google/protobuf/timestamp.proto"; import "acme/v1/b.proto";
    message M {} message Search {} message Serve {} message ${long} { message Inner {} }
    service SearchProvider {
      rpc Get(M) returns (M);
      rpc Watch(M) returns (stream M);
      rpc Put(stream M) returns (google.protobuf.Empty);
      rpc Chat(stream google.protobuf.Timestamp) returns (stream other.v1.M);
      rpc ${long}(${long}.Inner) returns (${long}.Inner);
      rpc Delete(M) returns (Search);
    }
    service S { rpc A(M) returns (M); }
    service Promise { rpc Then(M) returns (M); rpc Constructor(M) returns (M); }
    service Service { option deprecated = true; rpc Go(Serve) returns (Serve); }
    service CodeProvider { rpc Go(Error) returns (Error); }
    message Error {}`,
  "acme/v1/b.proto": `syntax = "proto3"; package other.v1; message M {}`,
});
const services = model.files.flatMap((file) => file.services);

const specifier = (module: string): string => `../gen/${module}.js`;

function print(name: string): string {
  const service = services.find((one) => one.name === name)!;
  return render("typescript/skeleton", skeletonView(service, { specifier, file: "src/x.ts" }));
}

describe("skeletons", () => {
  test.each(services.map(({ name }) => name))("%s is as prettier prints it", async (name) => {
    const text = print(name);
    expect(text).toBe(await format(text, { parser: "typescript" }));
  });

  test("a small one, in full", () => {
    expect(print("S")).toBe(`// Written once by crucible-gen. It is yours from now on: what you change here stays.
import {
  Code,
  CrucibleError,
  type HandlerContext,
  serve,
} from "crucible-runtime/plugin";
import { type M, type MInit, SPlugin } from "../gen/acme/v1/a_plugin.js";

/** Answers the calls of acme.v1.S. */
class S extends SPlugin {
  async a(_request: M, _context: HandlerContext): Promise<MInit> {
    throw new CrucibleError(
      "NOT_IMPLEMENTED",
      "S.A is not implemented yet: write it in src/x.ts",
      { code: Code.Unimplemented },
    );
  }
}

await serve(new S());
`);
  });

  test("each kind of call, and types from elsewhere", () => {
    const text = print("SearchProvider");
    expect(text).toContain("async *watch(_request: M, _context: HandlerContext): AsyncIterable<MInit> {");
    expect(text).toContain("_requests: AsyncIterable<M>,\n    _context: HandlerContext,\n  ): Promise<Empty> {");
    expect(text).toContain(
      "_requests: AsyncIterable<Timestamp>,\n    _context: HandlerContext,\n  ): AsyncIterable<MInit$1>",
    );
    expect(text).toContain('import type { MInit as MInit$1 } from "../gen/acme/v1/b_codec.js";');
    expect(text).toContain('import type { Empty, Timestamp } from "@bufbuild/protobuf/wkt";');
  });

  test("class names give way to what the file imports and to what JavaScript has", () => {
    // `Search` is a message here, `Code` is imported, and a class `Promise` would break every method.
    expect(print("SearchProvider")).toContain("class SearchProvider extends SearchProviderPlugin {");
    expect(print("CodeProvider")).toContain("class CodeProvider extends CodeProviderPlugin {");
    expect(print("Promise")).toContain("class PromiseImpl extends PromisePlugin {");
    expect(print("Service")).toContain("class Service extends ServicePlugin {");
  });
});
