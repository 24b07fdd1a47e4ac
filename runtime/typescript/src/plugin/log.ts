import { oneLine } from "../error/text.js";
import type { LogSink } from "../observe/log.js";

/** The log of a plugin that was given none: warnings and errors on stderr, with a stack where a handler has thrown. */
export const logToStderr: LogSink = ({ level, message, error }) => {
  if (level !== "warn" && level !== "error") return;
  const stack = error instanceof Error && error.stack !== undefined ? `${error.stack}\n` : "";
  process.stderr.write(`${oneLine(message, 4_096)}\n${stack}`);
};
