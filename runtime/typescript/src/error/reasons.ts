import { Category, Code } from "./category.js";

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
  | "BAD_CREDIT"
  | "BAD_FRAGMENT"
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
  | "OPTION_INVALID";

const entry = (category: Category, code: Code): ReasonEntry => ({ category, code, retryable: false });
const retry = (category: Category, code: Code): ReasonEntry => ({ category, code, retryable: true });

/** The catalogue: each reason the runtime itself gives, with its category and code. Applications may use names of their own. */
export const reasons: Readonly<Record<Reason, ReasonEntry>> = {
  // Frames and connection: each ends the connection.
  BAD_VERSION: entry(Category.Protocol, Code.FailedPrecondition),
  BAD_RESERVED: entry(Category.Protocol, Code.InvalidArgument),
  BAD_FLAGS: entry(Category.Protocol, Code.InvalidArgument),
  BAD_TYPE: entry(Category.Protocol, Code.InvalidArgument),
  BAD_PHASE: entry(Category.Protocol, Code.FailedPrecondition),
  BAD_CHECKSUM: entry(Category.Protocol, Code.DataLoss),
  BAD_SESSION: entry(Category.Protocol, Code.InvalidArgument),
  BAD_MESSAGE_ID: entry(Category.Protocol, Code.InvalidArgument),
  BAD_SEAL: entry(Category.Protocol, Code.DataLoss),
  BAD_CREDIT: entry(Category.Protocol, Code.InvalidArgument),
  BAD_FRAGMENT: entry(Category.Protocol, Code.InvalidArgument),
  FRAME_TOO_LARGE: entry(Category.Resource, Code.ResourceExhausted),
  FRAME_TIMEOUT: entry(Category.Protocol, Code.DeadlineExceeded),
  CREDIT_EXCEEDED: entry(Category.Protocol, Code.ResourceExhausted),
  CONTROL_FLOOD: entry(Category.Protocol, Code.ResourceExhausted),
  SEAL_REQUIRED: entry(Category.Protocol, Code.FailedPrecondition),
  IDS_EXHAUSTED: retry(Category.Protocol, Code.Unavailable),

  // Payloads: each fails one call, or the connection while it is still being set up.
  BAD_ENVELOPE: entry(Category.Protocol, Code.InvalidArgument),
  DECODE_INVALID: entry(Category.Protocol, Code.InvalidArgument),
  ENCODE_INVALID: entry(Category.Plugin, Code.InvalidArgument),
  VALIDATION_FAILED: entry(Category.Plugin, Code.InvalidArgument),
  MESSAGE_TOO_LARGE: entry(Category.Resource, Code.ResourceExhausted),
  METADATA_INVALID: entry(Category.Protocol, Code.InvalidArgument),

  // Handshake and identity.
  HANDSHAKE_FAILED: entry(Category.Authentication, Code.Unauthenticated),
  HANDSHAKE_TIMEOUT: entry(Category.Authentication, Code.DeadlineExceeded),
  VERSION_MISMATCH: entry(Category.Protocol, Code.FailedPrecondition),
  DOWNGRADE: entry(Category.Authentication, Code.Unauthenticated),
  REFLECTION: entry(Category.Authentication, Code.Unauthenticated),
  DAEMON_IDENTITY: entry(Category.Authentication, Code.Unauthenticated),
  TOKEN_INVALID: entry(Category.Authentication, Code.Unauthenticated),
  TOKEN_EXPIRED: entry(Category.Authentication, Code.Unauthenticated),
  TOKEN_REPLAYED: entry(Category.Authentication, Code.Unauthenticated),
  IDENTITY_MISMATCH: entry(Category.Authentication, Code.Unauthenticated),
  TOO_MANY_CONNECTIONS: retry(Category.Resource, Code.ResourceExhausted),
  REGISTER_INVALID: entry(Category.Protocol, Code.InvalidArgument),

  // Calls.
  METHOD_UNKNOWN: entry(Category.Plugin, Code.Unimplemented),
  METHOD_MISMATCH: entry(Category.Protocol, Code.FailedPrecondition),
  METHOD_COLLISION: entry(Category.Plugin, Code.AlreadyExists),
  CAPABILITY_MISSING: entry(Category.Authorization, Code.PermissionDenied),
  CANCELLED: entry(Category.Plugin, Code.Cancelled),
  DEADLINE_EXCEEDED: entry(Category.Plugin, Code.DeadlineExceeded),
  TOO_MANY_CALLS: retry(Category.Resource, Code.ResourceExhausted),
  HANDLER_FAILED: entry(Category.Plugin, Code.Internal),
  STREAM_MISUSE: entry(Category.Plugin, Code.FailedPrecondition),
  SESSION_CLOSED: retry(Category.System, Code.Unavailable),
  SHUTTING_DOWN: retry(Category.System, Code.Unavailable),
  PEER_LOST: retry(Category.System, Code.Unavailable),

  // Addresses, launch and processes.
  ADDRESS_INVALID: entry(Category.System, Code.InvalidArgument),
  ADDRESS_IN_USE: entry(Category.System, Code.AlreadyExists),
  DIRECTORY_UNSAFE: entry(Category.System, Code.PermissionDenied),
  CONNECT_FAILED: retry(Category.System, Code.Unavailable),
  PLUGIN_ID_INVALID: entry(Category.Plugin, Code.InvalidArgument),
  PLUGIN_ID_IN_USE: entry(Category.Plugin, Code.AlreadyExists),
  COMMAND_NOT_FOUND: entry(Category.System, Code.NotFound),
  PLUGIN_EXITED: entry(Category.Plugin, Code.Unavailable),
  PLUGIN_START_TIMEOUT: entry(Category.Plugin, Code.DeadlineExceeded),
  TICKET_MISSING: entry(Category.System, Code.FailedPrecondition),
  TICKET_INVALID: entry(Category.System, Code.InvalidArgument),
  AUTHORITY_INVALID: entry(Category.System, Code.FailedPrecondition),
  OPTION_INVALID: entry(Category.System, Code.InvalidArgument),
};
