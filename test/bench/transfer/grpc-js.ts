import {
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { decodeSearchResponse, encodeSearchResponse, type SearchResponseInit } from "../gen/bench/v1/bench_codec.js";
import type { SearchResponse } from "../gen/bench/v1/bench_pb.js";
import {
  type BlobInit,
  decodeBlob,
  decodeTransferRequest,
  decodeWriteResponse,
  encodeBlob,
  encodeTransferRequest,
  encodeWriteResponse,
  type TransferRequestInit,
  type WriteResponseInit,
} from "../gen/bench/v1/transfer_codec.js";
import type { Blob, TransferRequest, WriteResponse } from "../gen/bench/v1/transfer_pb.js";
import { response } from "../calls/workload.js";
import { bodyOf, checkBody, type Peer } from "./workload.js";

const asked = {
  requestSerialize: (message: TransferRequestInit) => Buffer.from(encodeTransferRequest(message)),
  requestDeserialize: decodeTransferRequest,
};
const blobs = {
  responseSerialize: (message: BlobInit) => asBuffer(encodeBlob(message)),
  responseDeserialize: decodeBlob,
};

// The same codecs as ours, so that the difference is the transport's and the framework's alone.
const methods = {
  find: {
    path: "/bench.v1.Transfer/Find",
    requestStream: false,
    responseStream: true,
    ...asked,
    responseSerialize: (message: SearchResponseInit) => asBuffer(encodeSearchResponse(message)),
    responseDeserialize: decodeSearchResponse,
  },
  read: { path: "/bench.v1.Transfer/Read", requestStream: false, responseStream: true, ...asked, ...blobs },
  write: {
    path: "/bench.v1.Transfer/Write",
    requestStream: true,
    responseStream: false,
    requestSerialize: (message: BlobInit) => asBuffer(encodeBlob(message)),
    requestDeserialize: decodeBlob,
    responseSerialize: (message: WriteResponseInit) => asBuffer(encodeWriteResponse(message)),
    responseDeserialize: decodeWriteResponse,
  },
  echo: {
    path: "/bench.v1.Transfer/Echo",
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: BlobInit) => asBuffer(encodeBlob(message)),
    requestDeserialize: decodeBlob,
    ...blobs,
  },
};

interface TransferClient {
  find(message: TransferRequestInit): ClientReadableStream<SearchResponse>;
  read(message: TransferRequestInit): ClientReadableStream<Blob>;
  write(done: (error: Error | null, answer: WriteResponse) => void): ClientWritableStream<BlobInit>;
  echo(message: BlobInit, done: (error: Error | null, answer: Blob) => void): void;
  close(): void;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** What is written to, on either side. */
interface Sink<T> {
  readonly destroyed: boolean;
  write(message: T): boolean;
  once(event: "drain", listener: (value: unknown) => void): unknown;
  end(): void;
}

/** Writes `count` times, waiting when the call says so. */
async function sendMany<T>(call: Sink<T>, count: number, message: T): Promise<void> {
  for (let i = 0; i < count && !call.destroyed; i++) {
    if (!call.write(message)) {
      await new Promise((resolve) => {
        call.once("drain", resolve);
      });
    }
  }
  call.end();
}

const noLimit = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/** @grpc/grpc-js over a Unix socket. */
export const grpcJs: Peer = {
  serve(path) {
    const server = new Server(noLimit);
    server.addService(methods as never, {
      find: (call: ServerWritableStream<TransferRequest, SearchResponseInit>) =>
        void sendMany(call, call.request.count, response),
      read: (call: ServerWritableStream<TransferRequest, BlobInit>) =>
        void sendMany(call, call.request.count, { data: bodyOf(call.request.size) }),
      write: (call: ServerReadableStream<Blob, WriteResponseInit>, done: sendUnaryData<WriteResponseInit>) => {
        let size = 0;
        call.on("data", ({ data }: Blob) => (size += data.length));
        call.on("end", () => done(null, { size: BigInt(size) }));
      },
      echo: (call: ServerUnaryCall<Blob, BlobInit>, done: sendUnaryData<BlobInit>) => done(null, call.request),
    });
    return new Promise((resolve, reject) => {
      server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  },
  async connect(path) {
    const Client = makeGenericClientConstructor(methods as never, "Transfer");
    const client = new Client(`unix:${path}`, credentials.createInsecure(), noLimit) as unknown as TransferClient;
    return {
      async stream(count) {
        let left = count;
        for await (const { title } of client.find({ count }) as AsyncIterable<SearchResponse>) {
          if (title !== response.title) throw new Error(`wrong title ${title}`);
          left--;
        }
        if (left !== 0) throw new Error(`${left} messages are missing`);
      },
      async read(count, size) {
        for await (const { data } of client.read({ count, size }) as AsyncIterable<Blob>) checkBody(data, size);
      },
      write: (count, size) =>
        new Promise((resolve, reject) => {
          const call = client.write((error, written) => {
            if (error === null && written.size === BigInt(count * size)) resolve();
            else reject(error ?? new Error(`${written.size} bytes came`));
          });
          void sendMany(call, count, { data: bodyOf(size) });
        }),
      async echo(count, size) {
        const data = bodyOf(size);
        for (let i = 0; i < count; i++) {
          const answer = await new Promise<Blob>((resolve, reject) => {
            client.echo({ data }, (error, blob) => {
              if (error === null) resolve(blob);
              else reject(error);
            });
          });
          checkBody(answer.data, size);
        }
      },
      close: async () => client.close(),
    };
  },
};
