// Answers calls over the channel of node:child_process. Usage: fork("child-process-server.js")
import type { Answered, Asked } from "./child-process.js";
import { request, response } from "./workload.js";

process.on("message", (message) => {
  const { id, request: asked } = message as Asked;
  if (asked.limit !== request.limit) throw new Error(`wrong limit ${asked.limit}`);
  process.send!({ id, response } satisfies Answered);
});
process.on("disconnect", () => process.exit(0));
process.send!("ready");
