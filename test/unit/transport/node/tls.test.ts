import { createTlsTransport } from "../../../../runtime/typescript/src/transport/node/tls.js";
import { describeTransport } from "../../../suites/transport.js";
import { freshPort, makeDaemon } from "./authorities.js";

const { daemon, identity } = await makeDaemon("compliance");

describeTransport("tls", (options) => ({
  transport: createTlsTransport({ ...options, daemon, identity }),
  address: () => `tls://127.0.0.1:${freshPort()}`,
  bindingBytes: 32,
  invalid: ["tls:", "tls://", "tls://host", "tls://host:99999", "pipe:x", "memory:x", "unix:/tmp/x.sock"],
  dispose() {},
}));
