/** What programs that launch plugins use. */
export { createDaemon, type Daemon } from "./daemon.js";
export type { HostedMethod, Plugin, PluginState } from "./launched-plugin.js";
export type { RestartOptions } from "./restart.js";
export type { SupervisedPlugin, SuperviseOptions, SupervisionState } from "./supervised-plugin.js";
export type { PluginExit } from "./plugin-process.js";
export type { CloseOptions, DaemonOptions, LaunchOptions } from "./options.js";
export { logToStderr } from "./log.js";
export type { PeerProcess } from "../transport/node/peer-credentials.js";
export type { LogLevel, LogRecord, LogSink } from "../observe/log.js";
export type { ValidationOptions } from "../rpc/peer.js";
export type { CompressionPolicy } from "../session/compression.js";
export type { Encryption } from "../session/encryption.js";
export type { DaemonHandoffOptions, HandoffOptions } from "../session/handoff/options.js";
export type { SharedBuffer } from "../session/handoff/shared-buffer.js";
export type { SessionLimits } from "../session/limits.js";
export { Category, Code, CrucibleError } from "../error/index.js";
export type { Interceptor } from "../rpc/interceptor.js";
export type { CallOptions, HandlerContext } from "../rpc/service.js";
