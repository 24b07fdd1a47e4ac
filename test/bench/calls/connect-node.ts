import { createServer } from "node:http2";
import { connect as connectSocket } from "node:net";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { Bench } from "../gen/bench/v1/bench_pb.js";
import { measureCalls, type Peer, request, response } from "./workload.js";

const url = "http://localhost";
const options = { timeoutMs: 30_000, headers: { tenant: "bench" } };

/** @connectrpc/connect-node, its own protocol over HTTP/2 on a Unix socket, with a deadline and metadata on each call as ours. */
export const connectNode: Peer = {
  serve(path) {
    const handler = connectNodeAdapter({
      routes: (router) =>
        router.service(Bench, {
          search({ limit }) {
            if (limit !== request.limit) throw new Error(`wrong limit ${limit}`);
            return response;
          },
        }),
    });
    return new Promise((resolve) => {
      createServer(handler).listen(path, resolve);
    });
  },
  async connect(path) {
    const sessionManager = new Http2SessionManager(url, {}, { createConnection: () => connectSocket(path) });
    const client = createClient(Bench, createConnectTransport({ baseUrl: url, httpVersion: "2", sessionManager }));
    return {
      ...measureCalls(() => client.search(request, options)),
      close: async () => sessionManager.abort(),
    };
  },
};
