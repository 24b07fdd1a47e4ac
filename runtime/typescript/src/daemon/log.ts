import { jsonLine, oneLine } from "../error/text.js";
import type { LogRecord, LogSink } from "../observe/log.js";

/**
 * The log of a daemon that was given none: warnings, errors and what plugins print, each as one line of JSON on stderr.
 * Fields: time (RFC 3339), level, message, and where they apply plugin, stream, reason, stack.
 */
export const logToStderr: LogSink = (record) => {
  if (record.stream === undefined && record.level !== "warn" && record.level !== "error") return;
  process.stderr.write(`${jsonLine(toJson(record))}\n`);
};

function toJson(record: LogRecord): Record<string, unknown> {
  const { level, message, pluginId, stream, reason, error } = record;
  return {
    time: new Date().toISOString(),
    level,
    ...(pluginId === undefined ? {} : { plugin: pluginId }),
    ...(stream === undefined ? {} : { stream }),
    ...(reason === undefined ? {} : { reason }),
    message: stream === undefined ? oneLine(message, 4_096) : message,
    ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
  };
}
