/** The door of generated service tables. */
export { Idempotency, type Method, MethodKind, type Service } from "../../rpc/service.js";
