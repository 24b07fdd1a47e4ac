/** What daemons and plugins both use: errors, the types of calls, interceptors. */
export {
  Category,
  categoryName,
  Code,
  codeName,
  CrucibleError,
  type ErrorDetail,
  type ErrorOptions,
} from "./error/index.js";
export type { Codec } from "./codec/codec.js";
export type { Violation } from "./validate/validator.js";
export { violationsOf } from "./rpc/violations.js";
export type { InterceptedCall, Interceptor, Next } from "./rpc/interceptor.js";
export type { EventHandler, ReceivedEvent } from "./session/events.js";
export type { CallOptions, HandlerContext, MetadataInit, PeerInfo } from "./rpc/service.js";
