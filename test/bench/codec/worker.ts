// One peer at one kind of message, one way. Usage: forked by `workers.ts` with the peer's name, "encode" or "decode", and
// the names of the messages.
//
// Decoding has a process in which nothing that was decoded is kept: from messages that stay, such as those to encode, the
// engine learns to allocate the next ones among old objects, and each then drags others along.
import { type DescMessage, equals, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { answerQuestions, type Case } from "../sampler.js";
import { type Workload, workloads } from "./messages.js";
import { loadSubject, type Subject } from "./peers.js";

const [peer, direction, ...names] = process.argv.slice(2) as [string, string, ...string[]];
const cases = new Map<string, Case>();
for (const name of names) {
  const workload = workloads[name]!;
  const subject = await loadSubject(peer, workload);
  const inputs = workload.encoded.map((bytes) => subject.input(bytes));
  check(name, workload, subject, inputs);
  if (direction === "decode") {
    cases.set(`decode-${name}`, { operation: subject.decode as Case["operation"], inputs });
    continue;
  }
  // Messages of the peer's own kind, with flat strings as a program has them that did not just decode them.
  const messages = inputs.map((bytes) => flattened(subject.decode(bytes)));
  cases.set(`encode-${name}`, { operation: subject.encode as Case["operation"], inputs: messages });
  if (subject.write !== undefined) {
    cases.set(`write-${name}`, { operation: subject.write as Case["operation"], inputs: messages });
  }
}
answerQuestions(cases);

/** Whether what the peer has decoded and encoded again is what everybody started from. */
function check(name: string, { schema, messages }: Workload, subject: Subject, inputs: Uint8Array[]): void {
  const wanted = messages();
  for (const [i, input] of inputs.entries()) {
    const back = fromBinary(schema, subject.encode(subject.decode(input))) as MessageShape<DescMessage>;
    if (!equals(schema, back, wanted[i]!)) throw new Error(`${peer} changes the content of message ${i} of ${name}`);
  }
}

/** Replaces every string by one that is no tree and no part of another. */
function flattened(value: unknown): unknown {
  if (typeof value === "string") return Buffer.from(value).toString();
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    if (key !== "$typeName" && typeof holder[key] !== "number") holder[key] = flattened(holder[key]);
  }
  return value;
}
