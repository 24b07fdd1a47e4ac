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
  | "BAD_COMPRESSION"
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

// Names of their own, since bundlers shorten these and leave properties long: the table is in every bundle.
const { Authentication, Authorization, Plugin, Protocol, Resource, System } = Category;
const {
  AlreadyExists,
  Cancelled,
  DataLoss,
  DeadlineExceeded,
  FailedPrecondition,
  Internal,
  InvalidArgument,
  NotFound,
  PermissionDenied,
  ResourceExhausted,
  Unauthenticated,
  Unavailable,
  Unimplemented,
} = Code;

const entry = (category: Category, code: Code): ReasonEntry => ({ category, code, retryable: false });
const retry = (category: Category, code: Code): ReasonEntry => ({ category, code, retryable: true });

/** The catalogue: each reason the runtime itself gives, with its category and code. Applications may use names of their own. */
export const reasons: Readonly<Record<Reason, ReasonEntry>> = {
  // Frames and connection: each ends the connection.
  BAD_VERSION: entry(Protocol, FailedPrecondition),
  BAD_RESERVED: entry(Protocol, InvalidArgument),
  BAD_FLAGS: entry(Protocol, InvalidArgument),
  BAD_TYPE: entry(Protocol, InvalidArgument),
  BAD_PHASE: entry(Protocol, FailedPrecondition),
  BAD_CHECKSUM: entry(Protocol, DataLoss),
  BAD_SESSION: entry(Protocol, InvalidArgument),
  BAD_MESSAGE_ID: entry(Protocol, InvalidArgument),
  BAD_SEAL: entry(Protocol, DataLoss),
  BAD_COMPRESSION: entry(Protocol, DataLoss),
  BAD_CREDIT: entry(Protocol, InvalidArgument),
  BAD_FRAGMENT: entry(Protocol, InvalidArgument),
  FRAME_TOO_LARGE: entry(Resource, ResourceExhausted),
  FRAME_TIMEOUT: entry(Protocol, DeadlineExceeded),
  CREDIT_EXCEEDED: entry(Protocol, ResourceExhausted),
  CONTROL_FLOOD: entry(Protocol, ResourceExhausted),
  SEAL_REQUIRED: entry(Protocol, FailedPrecondition),
  IDS_EXHAUSTED: retry(Protocol, Unavailable),

  // Payloads: each fails one call, or the connection while it is still being set up.
  BAD_ENVELOPE: entry(Protocol, InvalidArgument),
  DECODE_INVALID: entry(Protocol, InvalidArgument),
  ENCODE_INVALID: entry(Plugin, InvalidArgument),
  VALIDATION_FAILED: entry(Plugin, InvalidArgument),
  MESSAGE_TOO_LARGE: entry(Resource, ResourceExhausted),
  METADATA_INVALID: entry(Protocol, InvalidArgument),

  // Handshake and identity.
  HANDSHAKE_FAILED: entry(Authentication, Unauthenticated),
  HANDSHAKE_TIMEOUT: entry(Authentication, DeadlineExceeded),
  VERSION_MISMATCH: entry(Protocol, FailedPrecondition),
  DOWNGRADE: entry(Authentication, Unauthenticated),
  REFLECTION: entry(Authentication, Unauthenticated),
  DAEMON_IDENTITY: entry(Authentication, Unauthenticated),
  TOKEN_INVALID: entry(Authentication, Unauthenticated),
  TOKEN_EXPIRED: entry(Authentication, Unauthenticated),
  TOKEN_REPLAYED: entry(Authentication, Unauthenticated),
  IDENTITY_MISMATCH: entry(Authentication, Unauthenticated),
  TOO_MANY_CONNECTIONS: retry(Resource, ResourceExhausted),
  REGISTER_INVALID: entry(Protocol, InvalidArgument),

  // Calls.
  METHOD_UNKNOWN: entry(Plugin, Unimplemented),
  METHOD_MISMATCH: entry(Protocol, FailedPrecondition),
  METHOD_COLLISION: entry(Plugin, AlreadyExists),
  CAPABILITY_MISSING: entry(Authorization, PermissionDenied),
  CANCELLED: entry(Plugin, Cancelled),
  DEADLINE_EXCEEDED: entry(Plugin, DeadlineExceeded),
  TOO_MANY_CALLS: retry(Resource, ResourceExhausted),
  HANDLER_FAILED: entry(Plugin, Internal),
  STREAM_MISUSE: entry(Plugin, FailedPrecondition),
  SESSION_CLOSED: retry(System, Unavailable),
  SHUTTING_DOWN: retry(System, Unavailable),
  PEER_LOST: retry(System, Unavailable),

  // Addresses, launch and processes.
  ADDRESS_INVALID: entry(System, InvalidArgument),
  ADDRESS_IN_USE: entry(System, AlreadyExists),
  DIRECTORY_UNSAFE: entry(System, PermissionDenied),
  CONNECT_FAILED: retry(System, Unavailable),
  PLUGIN_ID_INVALID: entry(Plugin, InvalidArgument),
  PLUGIN_ID_IN_USE: entry(Plugin, AlreadyExists),
  COMMAND_NOT_FOUND: entry(System, NotFound),
  PLUGIN_EXITED: entry(Plugin, Unavailable),
  PLUGIN_START_TIMEOUT: entry(Plugin, DeadlineExceeded),
  TICKET_MISSING: entry(System, FailedPrecondition),
  TICKET_INVALID: entry(System, InvalidArgument),
  AUTHORITY_INVALID: entry(System, FailedPrecondition),
  OPTION_INVALID: entry(System, InvalidArgument),
};
