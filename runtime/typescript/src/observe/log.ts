import { oneLine } from "../error/text.js";

/** How much a record matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One thing worth knowing about, for people and for programs. */
export interface LogRecord {
  readonly level: LogLevel;
  /**
   * One line, without control characters; but what a plugin printed is as it printed it, and may have any but LF in it: to be
   * escaped before it is shown. At most 8,192 characters.
   */
  readonly message: string;
  /** The plugin that it is about. */
  readonly pluginId?: string;
  /** Set when `message` is a line that the plugin printed there. */
  readonly stream?: "stdout" | "stderr";
  /** Reason of the error, where there is one; see the catalogue. */
  readonly reason?: string;
  /** What was thrown, where its stack may help. */
  readonly error?: unknown;
}

/** Takes records; must not block. What it throws is dropped: a log that fails breaks nothing else. */
export type LogSink = (record: LogRecord) => void;

const maxMessageCharacters = 4_096;

/** `sink` in a form that never throws, and gets one line each time. */
export function safeSink(sink: LogSink): LogSink {
  return (record) => {
    try {
      // What a plugin prints is in lines already, and is passed on as it is.
      if (record.stream !== undefined) sink(record);
      else sink({ ...record, message: oneLine(record.message, maxMessageCharacters) });
    } catch {
      // Nobody is left who could be told.
    }
  };
}
