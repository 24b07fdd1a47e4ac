// A plugin that says when it began to dial, on the clock of `process.hrtime`.
import { serve } from "crucible-runtime/plugin";
import { Answers } from "../calls/answers.js";

const dialled = process.hrtime.bigint();
await serve(new Answers());
process.stdout.write(`${dialled}\n`);
