/** The door of the codecs of google/protobuf/compiler/plugin.proto. */
export * from "../../../gen/google/protobuf/compiler/plugin_codec.js";
