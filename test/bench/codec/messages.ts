// What is encoded and decoded: the messages of the schemas in proto/bench/codec, the same in every process.
import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { scalarZeroValue } from "@bufbuild/protobuf/reflect";
import { EntryListSchema, PackedSchema, TextsSchema } from "../gen/bench/codec/v1/bulk_pb.js";
import { GoogleMessage1Schema } from "../gen/bench/codec/v1/google_message1_pb.js";
import { LinkKind, NoteSchema } from "../gen/bench/codec/v1/note_pb.js";
import { RequestSchema } from "../gen/bench/codec/v1/request_pb.js";

/** Linear congruences: the messages must not differ from run to run. */
let seed = 0;
function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}

function below(limit: number): number {
  return Math.floor(random() * limit);
}

/** Text as it comes out of a file or a socket. What `+` and `join` make is a tree of pieces until it is first read. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}

const vocabulary = (
  "archive binary bridge candle ceramic clay cobalt copper draft firing glaze index kiln ledger memory merge note " +
  "oxide porcelain pottery query review schema slip stoneware token update vault vector wheel"
).split(" ");

function word(): string {
  return vocabulary[below(vocabulary.length)]!;
}

function prose(length: number): string {
  let text = word();
  while (text.length < length) text += ` ${word()}`;
  return flat(text.slice(0, length));
}

function hex(length: number): string {
  return flat(Array.from({ length }, () => below(16).toString(16)).join(""));
}

function uuid(): string {
  return flat(`${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`);
}

function small(): number {
  return 1 + below(100);
}

function long(): bigint {
  return BigInt(1 + below(2 ** 31)) * 4096n;
}

function request(): MessageInitShape<typeof RequestSchema> {
  return { query: prose(14 + below(10)), limit: 1 + below(200) };
}

const sources: readonly (() => NonNullable<MessageInitShape<typeof NoteSchema>["source"]>)[] = [
  () => ({ case: "url", value: flat(`https://example.org/${prose(20).replaceAll(" ", "/")}`) }),
  () => ({ case: "filePath", value: flat(`/srv/vault/${hex(16)}.md`) }),
  () => ({ case: "import", value: { importer: "obsidian", importedNs: 1690000000000000000n + long() } }),
];

function note(): MessageInitShape<typeof NoteSchema> {
  return {
    id: uuid(),
    title: prose(30 + below(30)),
    body: prose(1024),
    tags: Array.from({ length: 8 }, () => flat(`${word()}-${below(100)}`)),
    meta: {
      ...Object.fromEntries(
        ["author", "lang", "project", "state", "reader"].map((key) => [key, flat(word() + below(9))]),
      ),
      checksum: hex(32),
    },
    createdNs: 1700000000000000000n + long(),
    source: sources[below(3)]!(),
    links: Array.from({ length: 10 }, () => ({
      targetId: uuid(),
      kind: [LinkKind.REFERENCE, LinkKind.CHILD, LinkKind.CONTRADICTS][below(3)]!,
      weight: random(),
      score: 100 * random(),
    })),
  };
}

/** Sets most fields by their type: one in eight stays unset, as in the message that Google took from its own traffic. */
function googleMessage1(): MessageInitShape<typeof GoogleMessage1Schema> {
  const fill = (schema: DescMessage, skip: number): Record<string, unknown> => {
    const init: Record<string, unknown> = {};
    for (const field of schema.fields) {
      if (field.number % 8 === skip) continue;
      if (field.fieldKind === "message") init[field.localName] = fill(field.message, skip);
      else if (field.fieldKind === "list") init[field.localName] = [long()];
      else if (field.fieldKind === "scalar")
        init[field.localName] = scalar(typeof scalarZeroValue(field.scalar, false));
    }
    return init;
  };
  const scalar = (kind: string): unknown =>
    kind === "string" ? prose(5 + below(16)) : kind === "boolean" ? true : kind === "bigint" ? long() : small();
  return fill(GoogleMessage1Schema, 7) as MessageInitShape<typeof GoogleMessage1Schema>;
}

function list(): MessageInitShape<typeof EntryListSchema> {
  return {
    entries: Array.from({ length: 150_000 }, (_, i) => ({
      name: flat(`${word()}/${hex(6)}`),
      id: i,
      value: random() * 1e6,
      delta: below(2000) - 1000,
      active: i % 3 !== 0,
    })),
  };
}

function packed(): MessageInitShape<typeof PackedSchema> {
  return {
    doubles: Array.from({ length: 20_000 }, () => random() * 1e9),
    ints: Array.from({ length: 20_000 }, (_, i) => (i % 10 === 0 ? -1 : 1) * below(2 ** (1 + below(28)))),
  };
}

const phrases = [
  "Größe übermäßig schön",
  "日本語のテキスト処理と知識ノート",
  "Привет, мир! Заметка о памяти",
  "naïve café — “quoted” text",
  "😀 emoji 🚀 mixed with letters",
  "中文知识库条目:向量检索与图谱",
];

function texts(): MessageInitShape<typeof TextsSchema> {
  return {
    values: Array.from({ length: 12 }, (_, i) => flat(phrases[i % 6]!.repeat(1 + (i >> 2)) + below(100))),
  };
}

/** A kind of message that is measured. */
export interface Workload {
  readonly schema: DescMessage;
  /** The name that the schema gives the message. */
  readonly message: string;
  /** The schema's file. */
  readonly file: string;
  messages(): readonly MessageShape<DescMessage>[];
  /** `messages` encoded by protobuf-es: what every peer decodes, and has to make as many bytes as. */
  readonly encoded: readonly Uint8Array[];
}

/** Messages are made when they are asked for: there are many of them, and those that stay cost a decoder time in the collector. */
function workload<S extends DescMessage>(
  schema: S,
  file: string,
  count: number,
  make: () => MessageInitShape<S>,
): Workload {
  let encoded: readonly Uint8Array[] | undefined;
  return {
    schema,
    message: schema.name,
    file,
    messages() {
      seed = 7;
      return Array.from({ length: count }, () => create(schema, make()));
    },
    get encoded() {
      encoded ??= this.messages().map((message) => toBinary(schema, message as MessageShape<S>));
      return encoded;
    },
  };
}

/** All workloads by the names that ratios have. */
export const workloads: Readonly<Record<string, Workload>> = {
  request: workload(RequestSchema, "request", 64, request),
  note: workload(NoteSchema, "note", 64, note),
  google1: workload(GoogleMessage1Schema, "google_message1", 64, googleMessage1),
  list: workload(EntryListSchema, "bulk", 1, list),
  packed: workload(PackedSchema, "bulk", 1, packed),
  texts: workload(TextsSchema, "bulk", 32, texts),
};
