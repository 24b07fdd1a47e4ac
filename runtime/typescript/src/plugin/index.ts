/** What plugins use. */
export { serve } from "./serve.js";
export type { ServedPlugin } from "./served-plugin.js";
export type { CloseOptions, ServeOptions } from "./options.js";
export { logToStderr } from "./log.js";
export type { LogLevel, LogRecord, LogSink } from "../observe/log.js";
export type { ValidationOptions } from "../rpc/peer.js";
export type { CompressionPolicy } from "../session/compression.js";
export type { Encryption } from "../session/encryption.js";
export type { HandoffOptions } from "../session/handoff/options.js";
export type { SharedBuffer } from "../session/handoff/shared-buffer.js";
export type { SessionLimits } from "../session/limits.js";
export { Category, Code, CrucibleError } from "../error/index.js";
export type { Interceptor } from "../rpc/interceptor.js";
export type { CallOptions, HandlerContext } from "../rpc/service.js";
