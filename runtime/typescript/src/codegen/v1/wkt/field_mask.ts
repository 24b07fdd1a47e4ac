/** The door of the codecs of google/protobuf/field_mask.proto. */
export * from "../../../gen/google/protobuf/field_mask_codec.js";
