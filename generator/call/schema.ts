// The schema of a call: the method, and how its messages become JSON and bytes.
import {
  create,
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { mistake } from "../errors.js";
import type { MessageModel, MethodModel, MethodShape, Model } from "../model/model.js";
import { jsonLine } from "../printable.js";
import { nearest } from "./nearest.js";

/** One method with the descriptors of its messages. */
export interface CallMethod {
  readonly model: MethodModel;
  readonly registry: FileRegistry;
  readonly request: DescMessage;
  readonly response: DescMessage;
}

/** The schemas of a project. */
export interface CallSchema {
  readonly models: readonly Model[];
  readonly requests: readonly CodeGeneratorRequest[];
}

/** A codec as the runtime wants it. */
interface RuntimeCodec {
  readonly typeName: string;
  write(message: Message, bytes: Uint8Array, offset: number): number;
  read(bytes: Uint8Array, start: number, end: number): Message;
}

/** Numbers of `crucible.ipc.v1.MethodKind`. */
const kinds: Readonly<Record<MethodShape, number>> = { unary: 1, server_stream: 2, client_stream: 3, bidi_stream: 4 };
/** Numbers of the standard `idempotency_level`. */
const compressions = { never: 1, always: 2 } as const;
const idempotencies = { unknown: 0, no_side_effects: 1, idempotent: 2 } as const;

/** Every method of the schemas, imports included. */
export function methodsOf({ models }: CallSchema): MethodModel[] {
  const found = new Map<string, MethodModel>();
  for (const service of models.flatMap((model) => model.files).flatMap((file) => file.services)) {
    for (const method of service.methods) found.set(method.wireName, method);
  }
  return [...found.values()];
}

/**
 * Finds a method by `package.Service/Method`; the package, or all but the method, may be left out where that is enough.
 *
 * @throws GeneratorError when there is none, more than one, or the daemon hosts it.
 */
export function findMethod(schema: CallSchema, name: string): CallMethod {
  const wanted = name.replace(/^\//, "");
  const methods = methodsOf(schema);
  const matches = (method: MethodModel): boolean => {
    const { wireName } = method;
    const dotted = wireName.replace("/", ".");
    return [wireName, dotted].some(
      (full) => full === wanted || full.endsWith(`.${wanted}`) || full.endsWith(`/${wanted}`),
    );
  };
  const exact = methods.filter(({ wireName }) => wireName === wanted);
  const found = exact.length > 0 ? exact : methods.filter(matches);
  const [model, other] = found;
  if (model === undefined) throw mistake(`there is no method ${name}: ${suggest(methods, wanted)}`);
  if (other !== undefined) {
    throw mistake(`method ${name} may be ${model.wireName} or ${other.wireName}: write the whole name`);
  }
  if (model.parent.host === "daemon") {
    throw mistake(
      `method ${model.wireName} is hosted by the daemon, for plugins to call: call one of the plugin's own`,
    );
  }
  const i = schema.models.findIndex(({ files }) => files.includes(model.parent.file));
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: schema.requests[i]?.protoFile ?? [] }));
  const message = ({ fullName }: MessageModel): DescMessage => {
    const found = registry.getMessage(fullName);
    if (found === undefined) throw new Error(`no descriptor of ${fullName}`);
    return found;
  };
  return { model, registry, request: message(model.request), response: message(model.response) };
}

function suggest(methods: readonly MethodModel[], wanted: string): string {
  const last = wanted.slice(Math.max(wanted.lastIndexOf("/"), wanted.lastIndexOf(".")) + 1).toLowerCase();
  const hosted = methods.filter((method) => method.parent.host === "plugin");
  if (hosted.length === 0) return "the schemas have no service that a plugin hosts";
  const near = nearest(last, hosted, ({ name }) => name.toLowerCase());
  const names = (near.length > 0 ? near : hosted).slice(0, 3).map(({ wireName }) => wireName);
  const shown = near.length > 0 ? `did you mean ${names.join(" or ")}?` : `known are ${names.join(", ")};`;
  return `${shown} crucible-gen call --list shows all`;
}

/** A row of a service's table, as generated code has it, made from descriptors. */
export function runtimeMethod({ model, request, response }: CallMethod): object {
  return {
    name: model.wireName,
    id: model.wireId,
    kind: kinds[model.shape],
    request: codecOf(request),
    response: codecOf(response),
    idempotency: idempotencies[model.idempotency],
    timeoutMs: model.timeoutMs,
    sensitive: model.sensitive,
    compression: model.compression && compressions[model.compression],
    capability: "",
  };
}

function codecOf(desc: DescMessage): RuntimeCodec {
  return {
    typeName: desc.typeName,
    write(message, bytes, offset) {
      const encoded = toBinary(desc, message);
      if (offset + encoded.length <= bytes.length) bytes.set(encoded, offset);
      return offset + encoded.length;
    },
    // A copy: what the message keeps must not change with the buffer.
    read: (bytes, start, end) => fromBinary(desc, bytes.slice(start, end)),
  };
}

/**
 * A request from the text of one JSON value.
 *
 * @param number counts requests from 1, for the message.
 * @throws GeneratorError when it is no JSON, or not the JSON of the message.
 */
export function parseRequest({ request, registry }: CallMethod, text: string, number: number): Message {
  let json: JsonValue;
  try {
    json = JSON.parse(text) as JsonValue;
  } catch (error) {
    throw mistake(`request ${number} is no JSON (${oneLine(error)}): ${shorten(text)}`);
  }
  try {
    return fromJson(request, json, { registry });
  } catch (error) {
    throw mistake(`request ${number} is no ${request.typeName}: ${oneLine(error)}`);
  }
}

/** The JSON of a response, on one line that no terminal obeys. */
export function printResponse({ response, registry }: CallMethod, message: Message, defaults: boolean): string {
  return jsonLine(toJson(response, message, { registry, alwaysEmitImplicit: defaults }));
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
