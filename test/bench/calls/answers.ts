import type { SearchRequest } from "../gen/bench/v1/bench_pb.js";
import { BenchPlugin, type SearchResponseInit } from "../gen/bench/v1/bench_plugin.js";
import { request, response } from "./workload.js";

/** Answers small calls. */
export class Answers extends BenchPlugin {
  override async search({ limit }: SearchRequest): Promise<SearchResponseInit> {
    if (limit !== request.limit) throw new Error(`wrong limit ${limit}`);
    return response;
  }
}
