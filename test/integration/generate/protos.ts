// Schemas for the tests of `crucible-gen generate`.

/** Uses everything that comes with crucible-gen: options and validation. */
export const notes = `syntax = "proto3";
package acme.v1;

import "buf/validate/validate.proto";
import "crucible/options/v1/options.proto";
import "google/protobuf/empty.proto";

// What to look for.
message QueryRequest {
  string text = 1 [(buf.validate.field).string.min_len = 1];
  uint32 limit = 2;
}
message QueryResponse {
  repeated string results = 1;
}
message Change {
  string id = 1;
}

// Finds notes.
service SearchProvider {
  rpc Query(QueryRequest) returns (QueryResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
  rpc Watch(QueryRequest) returns (stream Change);
  rpc Put(stream Change) returns (google.protobuf.Empty);
}

service Kiln {
  option (crucible.options.v1.service).host = HOST_DAEMON;
  rpc GetNote(QueryRequest) returns (Change);
}
`;

/** Uses nothing but itself. */
export const plain = `syntax = "proto3";
package plain.v1;

message Plain {
  string id = 1;
}
service Lister {
  rpc List(Plain) returns (Plain);
}
`;
