/** How much a record matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One thing worth knowing about, for people and for programs. */
export interface LogRecord {
  readonly level: LogLevel;
  /** One line. What a plugin printed is untrusted text. */
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

/** `sink` in a form that never throws. */
export function safeSink(sink: LogSink): LogSink {
  return (record) => {
    try {
      sink(record);
    } catch {
      // Nobody is left who could be told.
    }
  };
}

/** `text` on one line without control characters, and with at most `maxCharacters` of them. */
export function oneLine(text: string, maxCharacters = 512): string {
  // oxlint-disable-next-line no-control-regex -- Reason: control characters are what has to go.
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters)}…` : line;
}
