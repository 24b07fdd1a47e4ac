/* oxlint-disable unicorn/no-thenable -- Fields called then are part of what is tested. */
// Names that mean something else in TypeScript do not only compile: every method of the case is called over a socket.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../runtime/typescript/src/clock/clock.js";
import { describeMethods, Peer } from "../../runtime/typescript/src/rpc/peer.js";
import { Registry } from "../../runtime/typescript/src/rpc/registry.js";
import {
  type Method,
  MethodKind,
  type Service,
  type ServiceClient,
  type ServiceClientClass,
  type ServiceImplementation,
} from "../../runtime/typescript/src/rpc/service.js";
import { defaultLimits } from "../../runtime/typescript/src/session/limits.js";
import { createUnixTransport } from "../../runtime/typescript/src/transport/node/unix.js";
import type { Connection, Listener } from "../../runtime/typescript/src/transport/transport.js";
import { openLink } from "../suites/peers.js";
import { root } from "./case.js";

type Side = "daemon" | "plugin";
type Stub = ServiceClient & Record<string, (request: unknown) => Promise<object> & AsyncIterable<object>>;
type GeneratedClass = ServiceClientClass & (new () => ServiceImplementation);
/** What a generated file exports, as far as this test looks. */
type Generated = Record<string, GeneratedClass>;

// Not by a plain import: the types of protobuf-es beside these files are made by another test.
const load = async (file: string): Promise<Generated> =>
  (await import(join(root, "golden/cases/hostile-names/expect/typescript/hostile/v1", file))) as Generated;

const dir = mkdtempSync(join(tmpdir(), "crucible-hostile-"));
const peers: Partial<Record<Side, Peer>> = {};
let listener: Listener | undefined;

/** Fills an abstract base with handlers that send back what they get, as far as the type of the answer has it. */
function implement(base: new () => ServiceImplementation): ServiceImplementation {
  const implementation = new base();
  for (const [name, method] of Object.entries(implementation.$service.methods)) {
    const answer = (request: object): object => (method.request === method.response ? request : {});
    const handlers = {
      [MethodKind.Unary]: async (request: object) => answer(request),
      async *[MethodKind.ServerStream](request: object) {
        yield answer(request);
        yield answer(request);
      },
      async [MethodKind.ClientStream](requests: AsyncIterable<object>) {
        let last = {};
        for await (const request of requests) last = answer(request);
        return last;
      },
      async *[MethodKind.BidiStream](requests: AsyncIterable<object>) {
        for await (const request of requests) yield answer(request);
      },
    };
    Object.defineProperty(implementation, name, { value: handlers[method.kind] });
  }
  return implementation;
}

const daemonFile = await load("hostile_daemon.ts");
const pluginFile = await load("hostile_plugin.ts");
const bases = {
  plugin: ["FoosPlugin$", "PromiseLikePlugin", "defaultPlugin", "FoPlugin"].map((name) => pluginFile[name]!),
  daemon: [daemonFile["AsyncGeneratorHost"]!],
};

beforeAll(async () => {
  const registries = {
    daemon: new Registry(bases.daemon.map(implement)),
    plugin: new Registry(bases.plugin.map(implement)),
  };
  const capabilities = new Set(registries.daemon.list().map(({ method }) => method.capability));
  const start = (side: Side, connection: Connection): void => {
    const other = side === "daemon" ? "plugin" : "daemon";
    const link = openLink(connection);
    peers[side] = new Peer({
      link,
      clock: systemClock,
      side,
      peer: { id: other },
      limits: defaultLimits,
      peerLimits: defaultLimits,
      registry: registries[side],
      peerMethods: describeMethods(registries[other]) as Method[],
      capabilities,
      interceptors: [],
      validation: {},
      onHandlerFailure: ({ error }) => expect.unreachable(String(error)),
      onClosed: () => {},
    });
    link.start();
  };
  const transport = createUnixTransport();
  const address = `unix:${join(dir, "hostile.sock")}`;
  let accept!: (connection: Connection) => void;
  const accepted = new Promise<Connection>((resolve) => {
    accept = resolve;
  });
  listener = await transport.listen(address, accept);
  start("plugin", await transport.dial(address));
  start("daemon", await accepted);
});

afterAll(async () => {
  await listener?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A message of the type that a method takes, with something in its fields where the type has them. */
function requestOf(method: Method): object {
  const fields: Record<string, object> = {
    "hostile.v1.Object": {
      constructor$: "a",
      Proto: "b",
      toString$: "c",
      then: "d",
      hasOwnProperty: "e",
      length: "f",
    },
    "hostile.v1.Map": { constructor$: { constructor: "x", toString: "y" }, Proto: { then: { then: "z" } } },
    "hostile.v1.Error": { message: "m", stack: "s" },
  };
  return fields[method.request.typeName] ?? {};
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of stream) list.push(one);
  return list;
}

async function call(stub: Stub, name: string, method: Method): Promise<object[]> {
  const request = requestOf(method);
  const handler = stub[name]!.bind(stub);
  switch (method.kind) {
    case MethodKind.Unary:
      return [await handler(request)];
    case MethodKind.ServerStream:
      return all(handler(request));
    case MethodKind.ClientStream:
      return [await handler([request, request])];
    case MethodKind.BidiStream:
      return all(handler([request, request, request]));
  }
}

const answers = {
  [MethodKind.Unary]: 1,
  [MethodKind.ServerStream]: 2,
  [MethodKind.ClientStream]: 1,
  [MethodKind.BidiStream]: 3,
};

const stubs = {
  daemon: ["Foos", "PromiseLike$", "default$", "Fo"].map((name) => daemonFile[name]!),
  plugin: [pluginFile["AsyncGenerator$"]!],
};

describe.each(["daemon", "plugin"] as const)("the %s calls", (side) => {
  const methods = stubs[side].flatMap((type) =>
    Object.entries((type.service as Service).methods).map(([name, method]) => ({ type, name, method })),
  );

  test("there are methods", () => expect(methods.length).toBeGreaterThan(5));

  test.each(methods)("$method.name", async ({ type, name, method }) => {
    const stub = peers[side]!.client(type) as Stub;
    // A stub is no promise, whatever its methods are called.
    expect(await stub).toBe(stub);
    const got = await call(stub, name, method);
    expect(got).toHaveLength(answers[method.kind]);
    for (const message of got) {
      expect(message).toMatchObject({ $typeName: method.response.typeName });
      if (method.request === method.response) expect(message).toMatchObject(requestOf(method));
    }
  });
});
