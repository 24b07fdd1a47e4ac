// Codecs against protobuf-es: the same bytes for the same message, the same message for the same bytes, and for bytes that
// are no message one clear error.
import { create, type DescExtension, fromBinary, type Message, setExtension, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  decodeFailure,
  encode,
  type MessageCodec,
  startDecoding,
} from "../../runtime/typescript/src/codegen/v1/codec.js";
import { checkInput } from "../fuzz/decoder-fuzz.js";
import { sameMessage } from "../support/same-message.js";
import { expectAgreement, expectDefaults } from "./agreement.js";
import { hostileBytes } from "./hostile.js";
import type { LoadedSchema } from "./load.js";
import type { Init, Messages } from "./messages.js";
import type { Subject, Trial } from "./subject.js";

/** What the generated `decodeX` does. */
function decodeBy<T>(codec: MessageCodec<T, never>, bytes: Uint8Array): T {
  startDecoding(codec, bytes);
  try {
    return codec.readFields(codec.empty(), bytes, 0, bytes.length, 1, 0);
  } catch (error) {
    throw decodeFailure(codec.typeName, error);
  }
}

type Codec = MessageCodec<unknown, unknown>;
type Create = (init?: unknown) => Message;

/** What one message type is tried with. */
interface Input {
  readonly init: Init;
  readonly extensions: readonly unknown[];
  readonly seed: number;
}

/** Generated codecs, held against protobuf-es. */
export const codecs: Subject = {
  name: "codecs and protobuf-es",
  emit: "codec",
  prepare(loaded, messages) {
    checkEnums(loaded);
    const codecOf = new Map<string, Codec>();
    const createOf = new Map<string, Create>();
    for (const value of [...loaded.code.all().values()].flatMap((exports) => Object.entries(exports))) {
      const [name, exported] = value;
      if (isCodec(exported)) codecOf.set(exported.typeName, exported);
      else if (typeof exported === "function" && name.startsWith("create")) {
        const make = exported as Create;
        createOf.set(make().$typeName, make);
      }
    }
    return loaded.messages.map((desc) => {
      const codec = codecOf.get(desc.typeName);
      const make = createOf.get(desc.typeName);
      if (codec === undefined || make === undefined) throw new Error(`${desc.typeName} has no codec`);
      return new CodecTrial(desc, codec, make, loaded, messages);
    });
  },
};

/** Each enum has an object with the names that protobuf-es gives its values. */
function checkEnums({ code, enums }: LoadedSchema): void {
  const objects = [...code.all().values()].flatMap((exports) => Object.values(exports));
  const shapes = new Set(objects.map((object) => shapeOf(Object.entries(object as object))));
  for (const desc of enums) {
    const shape = shapeOf(desc.values.map(({ localName, number }) => [localName, number]));
    if (!shapes.has(shape)) throw new Error(`${desc.typeName} has no object ${shape}`);
  }
}

function shapeOf(entries: readonly (readonly [string, unknown])[]): string {
  const values = entries.filter(([, value]) => typeof value === "number");
  return values
    .map(([name, value]) => `${name}=${String(value)}`)
    .toSorted()
    .join(" ");
}

function isCodec(value: unknown): value is Codec {
  return typeof value === "object" && value !== null && "writeFields" in value && "typeName" in value;
}

function extensionsOf({ schema }: LoadedSchema, typeName: string): DescExtension[] {
  const files = schema.files.flatMap(({ name }) => schema.registry.getFile(name) ?? []);
  return files.flatMap((file) => file.extensions).filter((extension) => extension.extendee.typeName === typeName);
}

class CodecTrial implements Trial<Input> {
  readonly desc;
  readonly inputs: fc.Arbitrary<Input>;
  readonly #codec: Codec;
  readonly #create: Create;
  readonly #extensions: readonly DescExtension[];
  readonly #memoryPerByte: number;
  #hostile = 0;

  constructor(
    desc: LoadedSchema["messages"][number],
    codec: Codec,
    make: Create,
    loaded: LoadedSchema,
    messages: Messages,
  ) {
    const extensions = extensionsOf(loaded, desc.typeName);
    this.desc = desc;
    this.#codec = codec;
    this.#create = make;
    this.#extensions = extensions;
    // An empty message takes two bytes on the wire, and in memory an object with an empty list for each field that is one.
    const widest = Math.max(...loaded.messages.map(({ members }) => members.length));
    this.#memoryPerByte = 200 + 64 * widest;
    this.inputs = fc.record({
      init: messages.of(desc),
      extensions: fc.tuple(...extensions.map((extension) => fc.option(messages.extension(extension)))),
      seed: fc.nat(),
    });
  }

  check({ init, extensions, seed }: Input): number {
    const message = create(this.desc, init);
    const plain = toBinary(this.desc, message);
    this.#checkEncoding(init, plain, seed);
    for (const [i, value] of extensions.entries()) {
      if (value !== null) setExtension(message, this.#extensions[i]!, value as never);
    }
    const bytes = toBinary(this.desc, message);
    this.#checkDecoding(bytes, seed);
    let cases = 2;
    for (const hostile of hostileBytes(this.desc, bytes, seed)) {
      this.#checkHostile(hostile);
      cases++;
    }
    return cases;
  }

  #checkEncoding(init: Init, expected: Uint8Array, seed: number): void {
    const encoded = encode(this.#codec, init);
    if (!sameBytes(encoded, expected)) throw new Error(`encodes as ${hex(encoded)}, not as ${hex(expected)}`);
    if (seed % 4 !== 0) return;
    const made = this.#create(init);
    if (!sameMessage(made, create(this.desc, init))) throw new Error("creates another message");
    if (!sameBytes(encode(this.#codec, made), expected)) throw new Error("encodes what it creates to other bytes");
    // With less room than the message takes, nothing is written outside of it.
    const arena = new Uint8Array(expected.length + 8).fill(0xa5);
    const room = arena.subarray(0, seed % (expected.length + 1));
    const end = this.#codec.write(init, room, 0);
    if (end <= room.length && room.length < expected.length) throw new Error("fits where it cannot fit");
    if (!arena.subarray(room.length).every((byte) => byte === 0xa5)) throw new Error("writes outside its room");
  }

  #checkDecoding(bytes: Uint8Array, seed: number): void {
    const ours = decodeBy(this.#codec, bytes) as Message;
    const theirs = fromBinary(this.desc, bytes);
    if (!sameMessage(ours, theirs)) throw new Error(`decodes ${hex(bytes)} to another message`);
    if (seed % 4 === 1) expectAgreement(this.desc, ours, theirs, this.#extensions);
    else expectDefaults(this.desc, ours, theirs);
    const again = encode(this.#codec, ours);
    const expected = toBinary(this.desc, theirs);
    if (!sameBytes(again, expected)) throw new Error(`${hex(bytes)} becomes ${hex(again)}, not ${hex(expected)}`);
  }

  #checkHostile(bytes: Uint8Array): void {
    const codec = this.#codec;
    if (this.#hostile++ % 16 === 0) checkMemory(() => decodeBy(codec, bytes), bytes, this.#memoryPerByte);
    const { problem } = checkInput(
      {
        desc: this.desc,
        decode: (input) => decodeBy(codec, input),
        encode: (message) => encode(codec, message),
      },
      bytes,
    );
    if (problem !== undefined) throw new Error(`${problem}; input ${hex(bytes)}`);
  }
}

/**
 * Memory that decoding takes has to be within the scale of the input, whatever lengths it claims. Garbage collection in between
 * makes the figure smaller, never larger.
 */
function checkMemory(run: () => unknown, bytes: Uint8Array, memoryPerByte: number): void {
  const before = allocatedBytes();
  try {
    run();
  } catch {
    // What it throws is looked at elsewhere.
  }
  const taken = allocatedBytes() - before;
  const limit = memoryBase + memoryPerByte * bytes.length;
  if (taken > limit) throw new Error(`takes ${taken} bytes of memory for ${bytes.length}; input ${hex(bytes)}`);
}

/** Code that is compiled meanwhile, and the windows of strings. */
const memoryBase = 2 * 1024 * 1024;

function allocatedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
