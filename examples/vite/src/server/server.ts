// Answers the page: messages go to the plugin and back as the bytes they are, everything else is a file.
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import { Code, CrucibleError } from "crucible-runtime/daemon";
import {
  decodeReadRequest,
  decodeSignRequest,
  encodeReadResponse,
  encodeSignResponse,
} from "../../gen/guestbook/v1/guestbook_codec.js";
import type { Guestbook } from "../../gen/guestbook/v1/guestbook_daemon.js";

/** A longer request is refused before it is read. */
const maxRequestBytes = 65_536;
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** @param folder of the built page. */
export function createWebServer(guestbook: Guestbook, folder: string): Server {
  const methods: Record<string, (body: Uint8Array) => Promise<Uint8Array>> = {
    "/api/sign": async (body) => encodeSignResponse(await guestbook.sign(decodeSignRequest(body))),
    "/api/read": async (body) => encodeReadResponse(await guestbook.read(decodeReadRequest(body))),
  };
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const method = request.method === "POST" ? methods[pathname] : undefined;
    try {
      if (method === undefined) await sendFile(folder, pathname, response);
      else {
        const answer = await method(await readBody(request));
        response.setHeader("content-type", "application/x-protobuf");
        response.end(answer);
      }
    } catch (error) {
      const refused = error instanceof CrucibleError && error.code === Code.InvalidArgument;
      response.statusCode = refused ? 400 : 502;
      response.end(error instanceof Error ? error.message : String(error));
    }
  });
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxRequestBytes) throw new Error("the request is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function sendFile(folder: string, pathname: string, response: ServerResponse): Promise<void> {
  const path = normalize(pathname === "/" ? "/index.html" : pathname);
  try {
    // The path of a URL is absolute, so that no `..` is left in it.
    const content = await readFile(join(folder, path));
    response.setHeader("content-type", types[extname(path)] ?? "text/plain");
    response.end(content);
  } catch {
    response.statusCode = 404;
    response.end("there is nothing here");
  }
}
