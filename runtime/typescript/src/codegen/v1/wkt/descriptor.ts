/** The door of the codecs of google/protobuf/descriptor.proto. */
export * from "../../../gen/google/protobuf/descriptor_codec.js";
