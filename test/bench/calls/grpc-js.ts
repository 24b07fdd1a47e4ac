import {
  type ClientUnaryCall,
  credentials,
  makeGenericClientConstructor,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import {
  decodeSearchRequest,
  decodeSearchResponse,
  encodeSearchRequest,
  encodeSearchResponse,
  type SearchRequestInit,
  type SearchResponseInit,
} from "../gen/bench/v1/bench_codec.js";
import type { SearchRequest, SearchResponse } from "../gen/bench/v1/bench_pb.js";
import { measureCalls, type Peer, request, response } from "./workload.js";

// The same codecs as ours, so that the difference is the transport's and the framework's alone.
const search = {
  path: "/bench.v1.Bench/Search",
  requestStream: false,
  responseStream: false,
  requestSerialize: (message: SearchRequestInit) => Buffer.from(encodeSearchRequest(message)),
  requestDeserialize: decodeSearchRequest,
  responseSerialize: (message: SearchResponseInit) => Buffer.from(encodeSearchResponse(message)),
  responseDeserialize: decodeSearchResponse,
};

interface SearchClient {
  search(
    message: SearchRequestInit,
    metadata: Metadata,
    options: { deadline: number },
    done: (error: Error | null, answer: SearchResponse) => void,
  ): ClientUnaryCall;
  close(): void;
}

/** @grpc/grpc-js over a Unix socket, with a deadline and metadata on each call as ours. */
export const grpcJs: Peer = {
  serve(path) {
    const server = new Server();
    server.addService({ search } as never, {
      search(call: ServerUnaryCall<SearchRequest, SearchResponseInit>, done: sendUnaryData<SearchResponseInit>) {
        if (call.request.limit !== request.limit) done(new Error(`wrong limit ${call.request.limit}`));
        else done(null, response);
      },
    });
    return new Promise((resolve, reject) => {
      server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  },
  async connect(path) {
    const Client = makeGenericClientConstructor({ search } as never, "Bench");
    const client = new Client(`unix:${path}`, credentials.createInsecure()) as unknown as SearchClient;
    const metadata = new Metadata();
    metadata.set("tenant", "bench");
    const call = (): Promise<SearchResponse> =>
      new Promise((resolve, reject) => {
        client.search(request, metadata, { deadline: Date.now() + 30_000 }, (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        });
      });
    return { ...measureCalls(call), close: async () => client.close() };
  },
};
