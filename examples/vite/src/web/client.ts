// What the page knows of the guest book: its messages, their rules, and where the server is. Nothing here is of Node.
import {
  decodeReadResponse,
  decodeSignResponse,
  encodeReadRequest,
  encodeSignRequest,
  type Entry,
  type SignRequestInit,
} from "../../gen/guestbook/v1/guestbook_codec.js";
import { validateSignRequest } from "../../gen/guestbook/v1/guestbook_validate.js";

/** What is wrong with a request, by the name of the field; the rules are those of the schema. */
export function problemsOf(request: SignRequestInit): Map<string, string> {
  const violations = validateSignRequest(request) ?? [];
  return new Map(violations.map(({ fieldPath, message }) => [fieldPath, message]));
}

/** Signs the guest book of a server. @throws Error with what the server says. */
export async function sign(request: SignRequestInit, server = ""): Promise<Entry> {
  const { entry } = decodeSignResponse(await post(`${server}/api/sign`, encodeSignRequest(request)));
  if (entry === undefined) throw new Error("the server answers without entry");
  return entry;
}

/** The newest entries. @throws Error with what the server says. */
export async function read(limit: number, server = ""): Promise<Entry[]> {
  const bytes = await post(`${server}/api/read`, encodeReadRequest({ limit }));
  return decodeReadResponse(bytes).entries;
}

async function post(url: string, body: Uint8Array): Promise<Uint8Array> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: new Uint8Array(body),
  });
  if (!response.ok) throw new Error(await response.text());
  return new Uint8Array(await response.arrayBuffer());
}
