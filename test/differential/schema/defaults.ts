import { FieldDescriptorProto_Type as Type } from "@bufbuild/protobuf/wkt";
import type { Random } from "../../fuzz/random.js";
import type { TypeRef } from "./types.js";

/** A default as descriptors hold it: text. Undefined for types that have none. */
export function defaultOf(random: Random, type: Type, ref: TypeRef | undefined): string | undefined {
  switch (type) {
    case Type.DOUBLE:
    case Type.FLOAT:
      return random.pick(["0", "-0", "1.5", "-1.5e+10", "inf", "-inf", "nan", "3.4028234663852886e+38"]);
    case Type.INT32:
    case Type.SINT32:
    case Type.SFIXED32:
      return random.pick(["0", "-1", "2147483647", "-2147483648"]);
    case Type.UINT32:
    case Type.FIXED32:
      return random.pick(["0", "1", "4294967295"]);
    case Type.INT64:
    case Type.SINT64:
    case Type.SFIXED64:
      return random.pick(["0", "-1", "9223372036854775807", "-9223372036854775808"]);
    case Type.UINT64:
    case Type.FIXED64:
      return random.pick(["0", "1", "18446744073709551615"]);
    case Type.BOOL:
      return random.pick(["true", "false"]);
    case Type.STRING:
      return random.pick(["", "text", "\"'`${x}\\", "\u2028\n\0*/", "äöü\ud83d\ude00"]);
    case Type.BYTES:
      // No quote: protobuf-es loses it.
      return random.pick(["", "abc", "\\000\\377\\\\\\n", "\\177"]);
    case Type.ENUM:
      return ref === undefined || ref.values.length === 0 ? undefined : random.pick(ref.values).name;
    default:
      return undefined;
  }
}
