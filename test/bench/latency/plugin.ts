// The plugin of the benchmark of latency: small calls and large transfers, and as large ones over a bare socket.
import { serve } from "crucible-runtime/plugin";
import { Answers } from "../calls/answers.js";
import { serveRaw } from "../transfer/raw.js";
import { Transfers } from "../transfer/transfers.js";

await serveRaw(process.argv[2]!);
await serve({ services: [new Answers(), new Transfers()], limits: { maxIncompleteBytes: 1_073_741_824 } });
