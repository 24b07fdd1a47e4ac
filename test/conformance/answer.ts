// What the testee does with one request: decode, encode again. Binary goes through generated codecs both ways, JSON through
// protobuf-es on the messages that these decode.
import { fromJson, type JsonValue, type Message, type Registry, toJson } from "@bufbuild/protobuf";
import type { CorpusMessage } from "../support/generated-messages.js";
import { parseJson } from "./json-text.js";

/** conformance.ConformanceRequest, as decoded by its generated codec. */
export interface ConformanceRequest {
  readonly payload:
    | { readonly case: "protobufPayload"; readonly value: Uint8Array }
    | { readonly case: "jsonPayload" | "jspbPayload" | "textPayload"; readonly value: string }
    | { readonly case: undefined; readonly value?: undefined };
  readonly requestedOutputFormat: number;
  readonly messageType: string;
  readonly testCategory: number;
}

/** What `conformance.ConformanceResponse` takes for its oneof. */
export type ConformanceResult =
  | { readonly case: "protobufPayload"; readonly value: Uint8Array }
  | {
      readonly case: "jsonPayload" | "parseError" | "serializeError" | "runtimeError" | "skipped";
      readonly value: string;
    };

/** Numbers of conformance.WireFormat. */
const format = { protobuf: 1, json: 2, jspb: 3, text: 4 } as const;

/** The number of JSON_IGNORE_UNKNOWN_PARSING_TEST in conformance.TestCategory. */
const ignoreUnknown = 3;

/** The answer to a request. */
export function answer(
  request: ConformanceRequest,
  messages: ReadonlyMap<string, CorpusMessage>,
  registry: Registry,
): ConformanceResult {
  const { payload, requestedOutputFormat: output } = request;
  const unspoken = payload.case === "textPayload" || output === format.text ? "the text format" : "JSPB";
  if (payload.case === "textPayload" || payload.case === "jspbPayload" || output === format.text) {
    return { case: "skipped", value: `protobuf-es does not speak ${unspoken}` };
  }
  const message = messages.get(request.messageType);
  if (message === undefined) return { case: "runtimeError", value: `no codec for ${request.messageType}` };

  let decoded: unknown;
  try {
    if (payload.case === "protobufPayload") {
      decoded = message.decode(payload.value);
    } else if (payload.case === "jsonPayload") {
      const json = parseJson(payload.value) as JsonValue;
      const options = { registry, ignoreUnknownFields: request.testCategory === ignoreUnknown };
      // Over the wire once, so that JSON tests see what the generated codec makes of it.
      decoded = message.decode(message.encode(fromJson(message.desc, json, options)));
    } else {
      return { case: "runtimeError", value: "the request has no payload" };
    }
  } catch (error) {
    return { case: "parseError", value: String(error) };
  }

  try {
    if (output === format.protobuf) return { case: "protobufPayload", value: message.encode(decoded) };
    if (output !== format.json) return { case: "runtimeError", value: `unknown output format ${output}` };
    const json = toJson(message.desc, decoded as Message, { registry });
    return { case: "jsonPayload", value: JSON.stringify(json) };
  } catch (error) {
    return { case: "serializeError", value: String(error) };
  }
}
