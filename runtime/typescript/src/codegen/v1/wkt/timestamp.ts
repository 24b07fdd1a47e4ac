/** The door of the codecs of google/protobuf/timestamp.proto. */
export * from "../../../gen/google/protobuf/timestamp_codec.js";
