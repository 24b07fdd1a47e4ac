import { checkBoolean, isListOf, type Names, optionInvalid, readOptions } from "../error/options.js";
import { shown } from "../error/text.js";
import type { LogSink } from "../observe/log.js";
import type { Interceptor } from "./interceptor.js";
import type { ValidationOptions } from "./peer.js";

const validationNames: Names<ValidationOptions> = { requests: true, responses: true, requestsSent: true };

/** What options of both sides have. */
export interface SideOptions {
  readonly interceptors?: readonly Interceptor[];
  readonly validation?: ValidationOptions;
  readonly onLog?: LogSink;
}

/** @throws CrucibleError OPTION_INVALID naming what is wrong. */
export function checkSide({ interceptors, validation, onLog }: SideOptions): void {
  const isFunction = (value: unknown): boolean => typeof value === "function";
  if (interceptors !== undefined && !isListOf(interceptors, isFunction)) {
    throw optionInvalid("interceptors is a list of functions; see Interceptor");
  }
  if (onLog !== undefined && !isFunction(onLog)) {
    throw optionInvalid(`onLog is ${shown(onLog)}; it is a function that takes records`);
  }
  if (validation === undefined) return;
  const own = readOptions("validation", validation, validationNames);
  for (const [name, value] of Object.entries(own)) checkBoolean(`validation: ${name}`, value);
}
