/** The door of the codecs of google/protobuf/api.proto. */
export * from "../../../gen/google/protobuf/api_codec.js";
