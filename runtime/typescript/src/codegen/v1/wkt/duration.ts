/** The door of the codecs of google/protobuf/duration.proto. */
export * from "../../../gen/google/protobuf/duration_codec.js";
