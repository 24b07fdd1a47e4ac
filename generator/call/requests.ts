// Where requests come from: the command line, a file, or stdin, value by value as they arrive.
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { Message } from "@bufbuild/protobuf";
import type { CliInput } from "../commands/host.js";
import { mistake } from "../errors.js";
import { JsonValues, TooLongError } from "./json-values.js";
import { type CallMethod, parseRequest } from "./schema.js";

/** The longest JSON value that is taken, in characters: what the runtime would send at most, and some for the text form. */
const maxLength = 256 * 1024 * 1024;

/** The requests of one call. */
export interface RequestSource {
  /** Reads them as they come; once. */
  read(): AsyncGenerator<Message, void>;
  /** Stops waiting for more. */
  stop(): void;
}

/**
 * The requests that an argument of the command line stands for: JSON values themselves, `@file`, or `-` for stdin. Without
 * one there is one empty request, or none for a method that takes a stream.
 *
 * @param stdin gives stdin when it is wanted: having it open would keep the process alive.
 */
export function openRequests(
  method: CallMethod,
  argument: string | undefined,
  cwd: string,
  stdin: () => CliInput,
): RequestSource {
  if (argument === undefined) {
    const { shape } = method.model;
    return fromText(method, shape === "unary" || shape === "server_stream" ? "{}" : "");
  }
  if (argument === "-") return fromStream(method, stdin(), "stdin");
  if (!argument.startsWith("@")) return fromText(method, argument);
  if (argument === "@-") return fromStream(method, stdin(), "stdin");
  const path = argument.slice(1);
  return fromStream(method, createReadStream(resolve(cwd, path)), path);
}

/**
 * The one request of a method that takes no stream.
 *
 * @throws GeneratorError when there is none, or another.
 */
export async function readOne(method: CallMethod, source: RequestSource): Promise<Message> {
  let first: Message | undefined;
  for await (const message of source.read()) {
    if (first !== undefined) throw mistake(`${method.model.wireName} takes one request: more than one was given`);
    first = message;
  }
  if (first === undefined)
    throw mistake(`${method.model.wireName} takes one request: none was given, {} is an empty one`);
  return first;
}

function fromText(method: CallMethod, text: string): RequestSource {
  async function* read(): AsyncGenerator<Message, void> {
    const values = new JsonValues(maxLength);
    const all = [...values.push(text), ...values.end()];
    for (const [i, value] of all.entries()) yield parseRequest(method, value, i + 1);
  }
  return { read, stop: () => {} };
}

function fromStream(method: CallMethod, stream: CliInput, name: string): RequestSource {
  let stopped = false;
  async function* pieces(): AsyncGenerator<string, void> {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
        yield typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      }
      yield decoder.decode();
    } catch (error) {
      if (stopped) return;
      if (error instanceof TypeError) throw mistake(`${name} is no UTF-8: give JSON as text`);
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw mistake(`${name} cannot be read (${code}): name a file of requests after the @`);
    }
  }
  async function* read(): AsyncGenerator<Message, void> {
    const values = new JsonValues(maxLength);
    let count = 0;
    try {
      for await (const piece of pieces()) {
        for (const value of values.push(piece)) yield parseRequest(method, value, ++count);
      }
      for (const value of values.end()) yield parseRequest(method, value, ++count);
    } catch (error) {
      if (error instanceof TooLongError) throw mistake(`${name} has a request of more than ${maxLength} characters`);
      throw error;
    }
  }
  return {
    read,
    stop() {
      stopped = true;
      (stream as { destroy?: () => void }).destroy?.();
    },
  };
}
