import type { HandlerContext } from "crucible-runtime";
import type { SearchResponseInit } from "../gen/bench/v1/bench_codec.js";
import type { Blob, TransferRequest } from "../gen/bench/v1/transfer_pb.js";
import { type BlobInit, TransferPlugin, type WriteResponseInit } from "../gen/bench/v1/transfer_plugin.js";
import { response } from "../calls/workload.js";
import { bodyOf } from "./workload.js";

const inPlace = process.env["BENCH_IN_PLACE"] !== undefined;

/** Sends and takes what the benchmarks of streams and of large messages carry. */
export class Transfers extends TransferPlugin {
  override async *find({ count }: TransferRequest): AsyncGenerator<SearchResponseInit> {
    for (let i = 0; i < count; i++) yield response;
  }

  override async *read({ count, size }: TransferRequest): AsyncGenerator<BlobInit> {
    const data = bodyOf(size);
    for (let i = 0; i < count; i++) yield { data };
  }

  override async write(blobs: AsyncIterable<Blob>): Promise<WriteResponseInit> {
    let size = 0;
    for await (const { data } of blobs) size += data.length;
    return { size: BigInt(size) };
  }

  override fetch({ size }: TransferRequest, context: HandlerContext): BlobInit {
    if (!inPlace) return { data: bodyOf(size) };
    // As somebody would who makes it there: how long that takes is not what is measured.
    const { bytes } = context.allocate(size);
    bytes[size - 1] = bodyOf(size)[size - 1]!;
    return { data: bytes };
  }

  override echo(blob: Blob): BlobInit {
    return blob;
  }
}
