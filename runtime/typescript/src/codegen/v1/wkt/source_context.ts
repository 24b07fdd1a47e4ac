/** The door of the codecs of google/protobuf/source_context.proto. */
export * from "../../../gen/google/protobuf/source_context_codec.js";
