/** The door of generated service tables. */
export { Compression, Idempotency, type Method, MethodKind, type Service } from "../../rpc/service.js";
