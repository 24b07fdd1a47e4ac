/** The door of generated codecs. */
export type { Codec, MessageCodec } from "../../codec/codec.js";
export { encode } from "../../codec/encode.js";
export { expectRoom } from "../../codec/room.js";
export { inherit, messageCodec, startDecoding } from "../../codec/message-codec.js";
export { cursor } from "../../codec/cursor.js";
export { checkDepth, checkEnd, decodeFailure, missing } from "../../codec/failure.js";
export {
  readBool,
  readEnum,
  readInt32,
  readInt64,
  readLength,
  readSint32,
  readSint64,
  readTag,
  readUint32,
  readUint64,
  writeBool,
  writeInt32,
  writeInt64,
  writeLength,
  writeSint32,
  writeSint64,
  writeUint32,
  writeUint64,
} from "../../codec/varint.js";
export {
  readDouble,
  readFixed32,
  readFixed64,
  readFloat,
  readSfixed32,
  readSfixed64,
  writeDouble,
  writeFixed32,
  writeFixed64,
  writeFloat,
  writeSfixed32,
  writeSfixed64,
} from "../../codec/fixed.js";
export {
  readPacked,
  readPackedInt32,
  readPackedSint32,
  readPackedUint32,
  writePacked,
  writePackedInt32,
  writePackedUint32,
} from "../../codec/packed.js";
export {
  readPackedDouble,
  readPackedFixed32,
  readPackedFixed64,
  readPackedFloat,
  readPackedSfixed32,
  readPackedSfixed64,
  writePackedDouble,
  writePackedFixed32,
  writePackedFixed64,
  writePackedFloat,
  writePackedSfixed32,
  writePackedSfixed64,
} from "../../codec/packed-fixed.js";
export { extendList } from "../../codec/list.js";
export { readKey } from "../../codec/key.js";
export { readLenientString, readString } from "../../codec/text.js";
export { writeString } from "../../codec/write-string.js";
export { readBytes, writeBytes } from "../../codec/bytes.js";
export { keepUnknownEnum, readUnknown, skipUnknown, writeUnknown } from "../../codec/unknown.js";
export {
  booleanKey,
  expectKeys,
  expectList,
  mapValues,
  nextItem,
  numberKey,
  ownProperty,
  setEntry,
  startMessage,
  valueOf,
} from "../../codec/collection.js";
export { readStruct, writeStruct } from "../../codec/struct.js";
