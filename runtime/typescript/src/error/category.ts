/** What kind of failure it is; the six categories of the specification, with their numbers on the wire. */
export const Category = {
  Protocol: 1,
  Authentication: 2,
  Authorization: 3,
  Resource: 4,
  Plugin: 5,
  System: 6,
} as const;
export type Category = (typeof Category)[keyof typeof Category];

/** What the caller can do about a failure; numbers and meaning are those of gRPC. */
export const Code = {
  Cancelled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;
export type Code = (typeof Code)[keyof typeof Code];

const categoryNames = ["", "protocol", "authentication", "authorization", "resource", "plugin", "system"];
const codeNames = [
  "",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** The lower-case name of a category, for logs. */
export function categoryName(category: Category): string {
  return categoryNames[category] ?? `category ${category}`;
}

/** The name of a code as gRPC spells it, for logs. */
export function codeName(code: Code): string {
  return codeNames[code] ?? `code ${code}`;
}
