// A slow and readable decoder of protobuf: what the wire format and the schema say, one rule after the other, without a
// thought for speed. Generated decoders must accept exactly what this one accepts and give the same message.
import { create, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

type Fields = { [key: string]: unknown };
interface Unknown {
  no: number;
  wireType: number;
  data: Uint8Array;
}

const maxDepth = 100;

/** Bytes and a place in them. */
class Bytes {
  readonly all: Uint8Array;
  at = 0;

  constructor(all: Uint8Array) {
    this.all = all;
  }

  get done(): boolean {
    return this.at === this.all.length;
  }

  byte(): number {
    const byte = this.all[this.at++];
    if (byte === undefined) throw new Error("truncated");
    return byte;
  }

  take(length: number): Uint8Array {
    if (length > this.all.length - this.at) throw new Error("truncated");
    this.at += length;
    return this.all.slice(this.at - length, this.at);
  }

  /** Up to ten bytes, of which 64 bits count. */
  varint(maxBytes = 10): bigint {
    let value = 0n;
    for (let i = 0; i < maxBytes; i++) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return value;
    }
    throw new Error("varint too long");
  }

  tag(): { number: number; wireType: number } {
    const tag = Number(this.varint(5));
    if (tag > 0xffffffff || tag < 8) throw new Error("bad tag");
    return { number: Math.floor(tag / 8), wireType: tag % 8 };
  }

  lengthDelimited(): Uint8Array {
    const length = this.varint(5);
    if (length > 0xffffffffn) throw new Error("length too large");
    return this.take(Number(length));
  }
}

/** Decodes a message, or throws. */
export function decodeTwin(desc: DescMessage, bytes: Uint8Array): Fields {
  const message = create(desc) as unknown as Fields;
  readMessage(desc, message, new Bytes(bytes), 1, undefined);
  return message;
}

function readMessage(desc: DescMessage, message: Fields, input: Bytes, depth: number, group: number | undefined): void {
  if (depth > maxDepth) throw new Error("too deep");
  while (!input.done) {
    const { number, wireType } = input.tag();
    if (wireType === 4 && number === group) return;
    const field = desc.fields.find((one) => one.number === number);
    if (field === undefined) {
      keep(message, { no: number, wireType, data: skip(input, number, wireType, depth) });
    } else {
      readField(field, message, input, wireType, depth);
    }
  }
  if (group !== undefined) throw new Error("group does not end");
}

function skip(input: Bytes, number: number, wireType: number, depth: number): Uint8Array {
  const start = input.at;
  if (wireType === 0) input.varint();
  else if (wireType === 1) input.take(8);
  else if (wireType === 2) input.lengthDelimited();
  else if (wireType === 5) input.take(4);
  else if (wireType === 3) {
    if (depth >= maxDepth) throw new Error("too deep");
    for (;;) {
      const inner = input.tag();
      if (inner.wireType === 4) {
        if (inner.number !== number) throw new Error("wrong end of group");
        break;
      }
      skip(input, inner.number, inner.wireType, depth + 1);
    }
  } else throw new Error("bad wire type");
  return input.all.slice(start, input.at);
}

function keep(message: Fields, unknown: Unknown): void {
  message["$unknown"] = [...((message["$unknown"] as Unknown[] | undefined) ?? []), unknown];
}

function readField(field: DescField, message: Fields, input: Bytes, wireType: number, depth: number): void {
  if (field.fieldKind === "map") return readEntry(field, message, input, wireType, depth);
  if (field.fieldKind === "list") return readItem(field, message, input, wireType, depth);
  expectType(field, wireType);
  if (field.fieldKind === "message") {
    const inOneof = field.oneof && (message[field.oneof.localName] as { case?: string; value?: unknown });
    const earlier =
      inOneof === undefined ? message[field.localName] : inOneof.case === field.localName ? inOneof.value : undefined;
    set(field, message, readChild(field, earlier, input, depth));
    return;
  }
  const value = scalar(field, input);
  if (field.enum !== undefined && !field.enum.open && !field.enum.values.some((one) => one.number === value)) {
    keep(message, { no: field.number, wireType: 0, data: varintBytes(value as number) });
    return;
  }
  set(field, message, value);
}

function set(field: DescField, message: Fields, value: unknown): void {
  if (field.oneof === undefined) message[field.localName] = value;
  else message[field.oneof.localName] = { case: field.localName, value };
}

function readItem(
  field: DescField & { fieldKind: "list" },
  message: Fields,
  input: Bytes,
  wireType: number,
  depth: number,
): void {
  const list = message[field.localName] as unknown[];
  if (field.listKind === "message") {
    expectType(field, wireType);
    list.push(readChild(field, undefined, input, depth));
    return;
  }
  if (wireType === 2 && wireTypeOf(field) !== 2) {
    const packed = new Bytes(input.lengthDelimited());
    while (!packed.done) list.push(scalar(field, packed));
    return;
  }
  expectType(field, wireType);
  list.push(scalar(field, input));
}

function readEntry(
  field: DescField & { fieldKind: "map" },
  message: Fields,
  input: Bytes,
  wireType: number,
  depth: number,
): void {
  if (wireType !== 2) throw new Error("wrong wire type");
  const entry = new Bytes(input.lengthDelimited());
  let key: unknown = zero(field.mapKey);
  let value: unknown;
  while (!entry.done) {
    const tag = entry.tag();
    if (tag.number === 1) {
      if (tag.wireType !== scalarWireType(field.mapKey)) throw new Error("wrong wire type");
      key = scalarValue(field.mapKey, entry, field.utf8Validation);
    } else if (tag.number === 2) {
      expectType(field, tag.wireType);
      value = field.mapKind === "message" ? readChild(field, value, entry, depth) : scalar(field, entry);
    } else {
      skip(entry, tag.number, tag.wireType, depth);
    }
  }
  if (value === undefined) {
    if (field.mapKind === "message") value = fromMessage(field, create(field.message) as unknown as Fields);
    else value = field.mapKind === "enum" ? field.enum.values[0]!.number : zero(field.scalar);
  }
  Object.defineProperty(message[field.localName], String(key), {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** Reads a message on top of an earlier one, both as the field holds them: Structs as JSON, wrappers as their value. */
function readChild(field: DescField, earlier: unknown, input: Bytes, depth: number): unknown {
  const desc = field.message!;
  const message = earlier === undefined ? (create(desc) as unknown as Fields) : toMessage(field, earlier);
  if ("delimitedEncoding" in field && field.delimitedEncoding) {
    readMessage(desc, message, input, depth + 1, field.number);
  } else {
    readMessage(desc, message, new Bytes(input.lengthDelimited()), depth + 1, undefined);
  }
  return fromMessage(field, message);
}

function isJson(field: DescField): boolean {
  return field.message!.typeName === "google.protobuf.Struct" && field.parent!.typeName !== "google.protobuf.Value";
}

function isUnwrapped(field: DescField): boolean {
  const name = field.message!.typeName;
  if (field.fieldKind !== "message" || field.oneof !== undefined) return false;
  return name.startsWith("google.protobuf.") && name.endsWith("Value") && field.message!.fields[0]?.name === "value";
}

function toMessage(field: DescField, held: unknown): Fields {
  if (isUnwrapped(field)) return { $typeName: field.message!.typeName, value: held };
  return isJson(field) ? structOf(held as Fields) : (held as Fields);
}

function fromMessage(field: DescField, message: Fields): unknown {
  if (isUnwrapped(field)) return message["value"];
  return isJson(field) ? jsonOf(message) : message;
}

function structOf(json: Fields): Fields {
  return { fields: Object.fromEntries(Object.entries(json).map(([key, value]) => [key, valueOf(value)])) };
}

function valueOf(json: unknown): Fields {
  const kind = (name: string, value: unknown): Fields => ({ kind: { case: name, value } });
  if (json === null) return kind("nullValue", 0);
  if (typeof json === "object") {
    return Array.isArray(json)
      ? kind("listValue", { values: json.map(valueOf) })
      : kind("structValue", structOf(json as Fields));
  }
  return kind(`${typeof json === "boolean" ? "bool" : typeof json}Value`, json);
}

function jsonOf(struct: Fields): Fields {
  return Object.fromEntries(
    Object.entries(struct["fields"] as Fields).map(([key, value]) => [key, plainOf(value as Fields)]),
  );
}

function plainOf(value: Fields): unknown {
  const kind = value["kind"] as { case?: string; value?: Fields };
  if (kind.case === undefined || kind.case === "nullValue") return null;
  if (kind.case === "structValue") return jsonOf(kind.value!);
  if (kind.case === "listValue") return (kind.value!["values"] as Fields[]).map(plainOf);
  return kind.value;
}

function wireTypeOf(field: DescField): number {
  if (field.message !== undefined) return "delimitedEncoding" in field && field.delimitedEncoding ? 3 : 2;
  return field.enum === undefined ? scalarWireType(field.scalar!) : 0;
}

function scalarWireType(type: ScalarType): number {
  switch (type) {
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return 1;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return 5;
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return 2;
    default:
      return 0;
  }
}

function expectType(field: DescField, wireType: number): void {
  if (wireType !== wireTypeOf(field)) throw new Error("wrong wire type");
}

function scalar(field: DescField, input: Bytes): unknown {
  if (field.enum !== undefined) return Number(BigInt.asIntN(32, input.varint()));
  const value = scalarValue(field.scalar!, input, field.utf8Validation);
  return "longAsString" in field && field.longAsString ? String(value) : value;
}

function scalarValue(type: ScalarType, input: Bytes, utf8Validation: boolean): unknown {
  const view = (length: number): DataView => new DataView(input.take(length).buffer);
  switch (type) {
    case ScalarType.DOUBLE:
      return view(8).getFloat64(0, true);
    case ScalarType.FLOAT:
      return view(4).getFloat32(0, true);
    case ScalarType.INT32:
      return Number(BigInt.asIntN(32, input.varint()));
    case ScalarType.INT64:
      return BigInt.asIntN(64, input.varint());
    case ScalarType.UINT32:
      return Number(BigInt.asUintN(32, input.varint()));
    case ScalarType.UINT64:
      return BigInt.asUintN(64, input.varint());
    case ScalarType.SINT32: {
      const value = BigInt.asUintN(32, input.varint());
      return Number((value >> 1n) ^ -(value & 1n));
    }
    case ScalarType.SINT64: {
      const value = BigInt.asUintN(64, input.varint());
      return (value >> 1n) ^ -(value & 1n);
    }
    case ScalarType.FIXED32:
      return view(4).getUint32(0, true);
    case ScalarType.FIXED64:
      return view(8).getBigUint64(0, true);
    case ScalarType.SFIXED32:
      return view(4).getInt32(0, true);
    case ScalarType.SFIXED64:
      return view(8).getBigInt64(0, true);
    case ScalarType.BOOL:
      return BigInt.asUintN(64, input.varint()) !== 0n;
    case ScalarType.STRING:
      return new TextDecoder("utf-8", { fatal: utf8Validation, ignoreBOM: true }).decode(input.lengthDelimited());
    case ScalarType.BYTES:
      return input.lengthDelimited();
  }
}

function zero(type: ScalarType): unknown {
  switch (type) {
    case ScalarType.STRING:
      return "";
    case ScalarType.BYTES:
      return new Uint8Array(0);
    case ScalarType.BOOL:
      return false;
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return 0n;
    default:
      return 0;
  }
}

/** A varint of an int32, sign-extended to 64 bits. */
function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...bytes, Number(rest)]);
}
