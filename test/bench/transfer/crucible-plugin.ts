import { serve } from "crucible-runtime/plugin";
import type { SearchResponseInit } from "../gen/bench/v1/bench_codec.js";
import type { Blob, TransferRequest } from "../gen/bench/v1/transfer_pb.js";
import { type BlobInit, TransferPlugin } from "../gen/bench/v1/transfer_plugin.js";
import { response } from "../calls/workload.js";
import { bodyOf } from "./workload.js";

class Transfers extends TransferPlugin {
  override async *find({ count }: TransferRequest): AsyncGenerator<SearchResponseInit> {
    for (let i = 0; i < count; i++) yield response;
  }

  override async *read({ count, size }: TransferRequest): AsyncGenerator<BlobInit> {
    const data = bodyOf(size);
    for (let i = 0; i < count; i++) yield { data };
  }

  override fetch({ size }: TransferRequest): BlobInit {
    return { data: bodyOf(size) };
  }

  override echo(blob: Blob): BlobInit {
    return blob;
  }
}

await serve(new Transfers());
