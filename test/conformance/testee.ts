// The program that the conformance runner starts and sends its requests to. It is bundled with the generated codecs, which
// the module `conformance:codecs` stands for. Usage: node testee.mjs <descriptors> <tally>
import { appendFileSync, readFileSync } from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { modules } from "conformance:codecs";
import { type CorpusMessage, messagesOf } from "../support/generated-messages.js";
import { answer, type ConformanceRequest } from "./answer.js";
import { readMessage, writeMessage } from "./wire.js";

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(process.argv[2] ?? "")));
const messages = new Map<string, CorpusMessage>();
for (const module of modules) {
  for (const message of messagesOf(module, registry)) messages.set(message.desc.typeName, message);
}

function codecOf(typeName: string): CorpusMessage {
  const message = messages.get(typeName);
  if (message === undefined) throw new Error(`no codec for ${typeName}`);
  return message;
}
const requests = codecOf("conformance.ConformanceRequest");
const responses = codecOf("conformance.ConformanceResponse");
const failures = codecOf("conformance.FailureSet");

const tally = new Map<string, number>();
for (let input = readMessage(0); input !== undefined; input = readMessage(0)) {
  const request = requests.decode(input) as unknown as ConformanceRequest;
  // The first request asks which failures the testee knows of; they are in known-failures.txt instead.
  const result =
    request.messageType === "conformance.FailureSet"
      ? { case: "protobufPayload", value: failures.encode({}) }
      : answer(request, messages, registry);
  const kind = `${request.messageType} ${request.payload.case}: ${result.case}`;
  tally.set(kind, (tally.get(kind) ?? 0) + 1);
  writeMessage(1, responses.encode({ result }));
}
// The runner counts successes but does not say of what.
for (const [kind, count] of tally) appendFileSync(process.argv[3] ?? "", `${kind} ${count}\n`);
