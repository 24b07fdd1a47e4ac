import {
  type ClientReadableStream,
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
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
  encodeBlob,
  encodeTransferRequest,
  type TransferRequestInit,
} from "../gen/bench/v1/transfer_codec.js";
import type { Blob, TransferRequest } from "../gen/bench/v1/transfer_pb.js";
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
  echo(message: BlobInit, done: (error: Error | null, answer: Blob) => void): void;
  close(): void;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Writes `count` times, waiting when the call says so. */
async function sendMany<T>(call: ServerWritableStream<TransferRequest, T>, count: number, message: T): Promise<void> {
  for (let i = 0; i < count && !call.cancelled; i++) {
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
