// The peers, each with the message classes that its generator makes.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { peersFolder } from "../peers/generate.js";
import type { Workload } from "./messages.js";

/** A peer at one kind of message. `M` is what it holds messages in. */
export interface Subject<M = unknown> {
  encode(message: M): Uint8Array;
  decode(bytes: Uint8Array): M;
  /** Writes a message into bytes of the caller's and returns its end; only ours can. */
  write?(message: M): number;
  /** The bytes as the peer gets them from a socket in the form that it reads fastest. */
  input(bytes: Uint8Array): Uint8Array;
}

/** The peers' names in ratios, ours first. */
export const peerNames = ["crucible", "protobufjs", "protobuf-es", "ts-proto"] as const;

/** Loads what is needed to encode and decode a kind of message. */
export async function loadSubject(peer: string, workload: Workload): Promise<Subject> {
  switch (peer) {
    case "crucible":
      return loadCrucible(workload);
    case "protobufjs":
      return loadProtobufjs(workload);
    case "protobuf-es":
      return protobufEs(workload.schema);
    case "ts-proto":
      return loadTsProto(workload);
    default:
      throw new Error(`no peer is called ${peer}`);
  }
}

async function load(path: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(join(peersFolder, path)).href)) as Record<string, unknown>;
}

async function loadCrucible({ file, message }: Workload): Promise<Subject> {
  const module = (await import(`../gen/bench/codec/v1/${file}_codec.js`)) as Record<string, unknown>;
  const codec = module[`${message}Codec`] as { write(message: unknown, bytes: Uint8Array, at: number): number };
  const frame = new Uint8Array(8 * 1024 * 1024);
  return {
    encode: module[`encode${message}`] as Subject["encode"],
    decode: module[`decode${message}`] as Subject["decode"],
    write: (one) => codec.write(one, frame, 44),
    input: (bytes) => new Uint8Array(bytes),
  };
}

function protobufEs(schema: DescMessage): Subject<never> {
  return {
    encode: (message) => toBinary(schema, message),
    decode: (bytes) => fromBinary(schema, bytes) as never,
    input: (bytes) => new Uint8Array(bytes),
  };
}

/** The classes that protobufjs and ts-proto generate. */
interface MessageClass {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

async function loadProtobufjs({ message }: Workload): Promise<Subject> {
  const { bench } = (await load("protobufjs.js")) as {
    bench: { codec: { v1: Record<string, MessageClass> } };
  };
  const type = bench.codec.v1[message]!;
  return {
    encode: (one) => type.encode(one).finish(),
    decode: (bytes) => type.decode(bytes),
    input: (bytes) => new Uint8Array(bytes),
  };
}

async function loadTsProto({ file, message }: Workload): Promise<Subject> {
  const type = (await load(`ts-proto/bench/codec/v1/${file}.js`))[message] as MessageClass;
  return {
    encode: (one) => type.encode(one).finish(),
    decode: (bytes) => type.decode(bytes),
    input: (bytes) => new Uint8Array(bytes),
  };
}
