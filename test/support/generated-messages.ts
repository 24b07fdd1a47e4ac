// What a generated module exports for each message, beside its schema.
import type { DescMessage, Registry } from "@bufbuild/protobuf";
import type { MessageCodec } from "../../runtime/typescript/src/codec/codec.js";

/** One message: what its schema says, and what was generated for it. */
export interface CorpusMessage {
  readonly desc: DescMessage;
  readonly codec: MessageCodec<unknown, unknown>;
  create(init?: unknown): { [key: string]: unknown };
  encode(message: unknown): Uint8Array;
  decode(bytes: Uint8Array): { [key: string]: unknown };
}

/** The messages whose codecs a generated module exports. */
export function messagesOf(module: Readonly<Record<string, unknown>>, registry: Registry): CorpusMessage[] {
  return Object.keys(module)
    .filter((name) => name.endsWith("Codec"))
    .map((name) => {
      const codec = module[name] as CorpusMessage["codec"];
      const prefix = name.slice(0, -"Codec".length);
      const desc = registry.getMessage(codec.typeName);
      if (desc === undefined) throw new Error(`no schema for ${codec.typeName}`);
      return {
        desc,
        codec,
        create: module[`create${prefix}`] as CorpusMessage["create"],
        encode: module[`encode${prefix}`] as CorpusMessage["encode"],
        decode: module[`decode${prefix}`] as CorpusMessage["decode"],
      };
    });
}
