import type { Category, Code } from "./category.js";

/** What a reason implies when nothing else is said. */
export interface ReasonEntry {
  readonly category: Category;
  readonly code: Code;
  readonly retryable: boolean;
}

/** The reasons that the runtime itself gives. */
export type Reason =
  | "BAD_VERSION"
  | "BAD_RESERVED"
  | "BAD_FLAGS"
  | "BAD_TYPE"
  | "BAD_PHASE"
  | "BAD_CHECKSUM"
  | "BAD_SESSION"
  | "BAD_MESSAGE_ID"
  | "BAD_SEAL"
  | "BAD_COMPRESSION"
  | "BAD_CREDIT"
  | "BAD_FRAGMENT"
  | "BAD_HANDOFF"
  | "FRAME_TOO_LARGE"
  | "FRAME_TIMEOUT"
  | "CREDIT_EXCEEDED"
  | "CONTROL_FLOOD"
  | "SEAL_REQUIRED"
  | "IDS_EXHAUSTED"
  | "BAD_ENVELOPE"
  | "DECODE_INVALID"
  | "ENCODE_INVALID"
  | "VALIDATION_FAILED"
  | "MESSAGE_TOO_LARGE"
  | "METADATA_INVALID"
  | "HANDSHAKE_FAILED"
  | "HANDSHAKE_TIMEOUT"
  | "VERSION_MISMATCH"
  | "DOWNGRADE"
  | "REFLECTION"
  | "DAEMON_IDENTITY"
  | "TOKEN_INVALID"
  | "TOKEN_EXPIRED"
  | "TOKEN_REPLAYED"
  | "IDENTITY_MISMATCH"
  | "SESSION_UNKNOWN"
  | "TOO_MANY_CONNECTIONS"
  | "REGISTER_INVALID"
  | "METHOD_UNKNOWN"
  | "METHOD_MISMATCH"
  | "METHOD_COLLISION"
  | "CAPABILITY_MISSING"
  | "CANCELLED"
  | "DEADLINE_EXCEEDED"
  | "TOO_MANY_CALLS"
  | "HANDLER_FAILED"
  | "STREAM_MISUSE"
  | "SESSION_CLOSED"
  | "SHUTTING_DOWN"
  | "PEER_LOST"
  | "ADDRESS_INVALID"
  | "ADDRESS_IN_USE"
  | "DIRECTORY_UNSAFE"
  | "CONNECT_FAILED"
  | "PLUGIN_ID_INVALID"
  | "PLUGIN_ID_IN_USE"
  | "COMMAND_NOT_FOUND"
  | "PLUGIN_EXITED"
  | "PLUGIN_START_TIMEOUT"
  | "TICKET_MISSING"
  | "TICKET_INVALID"
  | "AUTHORITY_INVALID"
  | "HANDOFF_UNAVAILABLE"
  | "OPTION_INVALID";

// Constants, whose values bundlers put in their place: the catalogue is in every bundle. The types are those of the numbers.
const Protocol: typeof Category.Protocol = 1;
const Authentication: typeof Category.Authentication = 2;
const Authorization: typeof Category.Authorization = 3;
const Resource: typeof Category.Resource = 4;
const Plugin: typeof Category.Plugin = 5;
const System: typeof Category.System = 6;
const Cancelled: typeof Code.Cancelled = 1;
const InvalidArgument: typeof Code.InvalidArgument = 3;
const DeadlineExceeded: typeof Code.DeadlineExceeded = 4;
const NotFound: typeof Code.NotFound = 5;
const AlreadyExists: typeof Code.AlreadyExists = 6;
const PermissionDenied: typeof Code.PermissionDenied = 7;
const ResourceExhausted: typeof Code.ResourceExhausted = 8;
const FailedPrecondition: typeof Code.FailedPrecondition = 9;
const Unimplemented: typeof Code.Unimplemented = 12;
const Internal: typeof Code.Internal = 13;
const Unavailable: typeof Code.Unavailable = 14;
const DataLoss: typeof Code.DataLoss = 15;
const Unauthenticated: typeof Code.Unauthenticated = 16;

/** Reasons with the same category and code, apart by spaces, and whether the same call may be tried again. */
type Group = readonly [category: Category, code: Code, names: string, retryable?: true];

const groups: readonly Group[] = [
  [Protocol, FailedPrecondition, "BAD_VERSION BAD_PHASE SEAL_REQUIRED VERSION_MISMATCH METHOD_MISMATCH"],
  [
    Protocol,
    InvalidArgument,
    "BAD_RESERVED BAD_FLAGS BAD_TYPE BAD_SESSION BAD_MESSAGE_ID BAD_CREDIT BAD_FRAGMENT BAD_HANDOFF BAD_ENVELOPE DECODE_INVALID METADATA_INVALID REGISTER_INVALID",
  ],
  [Protocol, DataLoss, "BAD_CHECKSUM BAD_SEAL BAD_COMPRESSION"],
  [Protocol, DeadlineExceeded, "FRAME_TIMEOUT"],
  [Protocol, ResourceExhausted, "CREDIT_EXCEEDED CONTROL_FLOOD"],
  [
    Authentication,
    Unauthenticated,
    "HANDSHAKE_FAILED DOWNGRADE REFLECTION DAEMON_IDENTITY TOKEN_INVALID TOKEN_EXPIRED TOKEN_REPLAYED IDENTITY_MISMATCH SESSION_UNKNOWN",
  ],
  [Authentication, DeadlineExceeded, "HANDSHAKE_TIMEOUT"],
  [Authorization, PermissionDenied, "CAPABILITY_MISSING"],
  [Resource, ResourceExhausted, "FRAME_TOO_LARGE MESSAGE_TOO_LARGE"],
  [Plugin, InvalidArgument, "ENCODE_INVALID VALIDATION_FAILED PLUGIN_ID_INVALID"],
  [Plugin, Unimplemented, "METHOD_UNKNOWN"],
  [Plugin, AlreadyExists, "METHOD_COLLISION PLUGIN_ID_IN_USE"],
  [Plugin, Cancelled, "CANCELLED"],
  [Plugin, DeadlineExceeded, "DEADLINE_EXCEEDED PLUGIN_START_TIMEOUT"],
  [Plugin, Internal, "HANDLER_FAILED"],
  [Plugin, FailedPrecondition, "STREAM_MISUSE"],
  [Plugin, Unavailable, "PLUGIN_EXITED"],
  [System, InvalidArgument, "ADDRESS_INVALID TICKET_INVALID OPTION_INVALID"],
  [System, AlreadyExists, "ADDRESS_IN_USE"],
  [System, PermissionDenied, "DIRECTORY_UNSAFE"],
  [System, NotFound, "COMMAND_NOT_FOUND"],
  [System, FailedPrecondition, "TICKET_MISSING AUTHORITY_INVALID HANDOFF_UNAVAILABLE"],
  [Protocol, Unavailable, "IDS_EXHAUSTED", true],
  [Resource, ResourceExhausted, "TOO_MANY_CONNECTIONS TOO_MANY_CALLS", true],
  [System, Unavailable, "SESSION_CLOSED SHUTTING_DOWN PEER_LOST CONNECT_FAILED", true],
];

/** The catalogue: each reason the runtime itself gives, with its category and code. Applications may use names of their own. */
export const reasons: ReadonlyMap<string, ReasonEntry> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ groups.flatMap(([category, code, names, retryable = false]) =>
    names.split(" ").map((name) => [name, { category, code, retryable }]),
  ),
);
