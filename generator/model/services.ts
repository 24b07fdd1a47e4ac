// Services and methods, with the options of crucible/options/v1/options.proto read, checked and defaulted.
import { type DescFile, type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import {
  Compression,
  Host,
  method as methodOption,
  service as serviceOption,
} from "../gen/crucible/options/v1/options_pb.js";
import type { BuildContext } from "./build.js";
import { readCache, readInvalidations } from "./cache.js";
import { millis } from "./duration.js";
import type { FileModel, MethodModel, MethodShape, ServiceModel } from "./model.js";
import { type ElementPath, pathOf, type Source } from "./source.js";
import { wireId } from "./wire-id.js";

const defaultUnaryTimeoutMs = 30_000;

// Numbers of fields in descriptor.proto and options.proto, for paths into the source.
const inService = { method: 2, options: 3 } as const;
const methodOptions = 4;
const optionNumber = serviceOption.number;
const serviceField = { host: 1, capability: 2 } as const;
const methodField = { timeout: 1, cache: 3, capability: 4, compression: 5 } as const;
const compressions: Readonly<Record<number, MethodModel["compression"]>> = {
  [Compression.NEVER]: "never",
  [Compression.ALWAYS]: "always",
};

const shapes: Record<DescMethod["methodKind"], MethodShape> = {
  unary: "unary",
  server_streaming: "server_stream",
  client_streaming: "client_stream",
  bidi_streaming: "bidi_stream",
};
const idempotencies = ["unknown", "no_side_effects", "idempotent"] as const;

/** Builds the services of one file. What is wrong with their options goes to `context.mistakes`. */
export function buildServices(desc: DescFile, file: FileModel, source: Source, context: BuildContext): ServiceModel[] {
  const services = desc.services.map((service, i) => buildService(service, pathOf(6, i), file, source, context));
  if (file.generate) refuseEqualIds(services, context);
  return services;
}

function buildService(
  desc: DescService,
  path: ElementPath,
  file: FileModel,
  source: Source,
  context: BuildContext,
): ServiceModel {
  const options = getOption(desc, serviceOption);
  const host = options.host === Host.DAEMON ? "daemon" : "plugin";
  const complain = (field: number, message: string): void => {
    if (!file.generate) return;
    const location = source.optionLocation(path + pathOf(inService.options), pathOf(optionNumber, field));
    context.mistakes.push({ location, message });
  };
  if (!Object.values<number>(Host).includes(options.host)) {
    complain(
      serviceField.host,
      `service ${desc.name} has the unknown host ${options.host}; use HOST_PLUGIN or HOST_DAEMON`,
    );
  }
  if (options.capability !== "" && host === "plugin") {
    complain(
      serviceField.capability,
      `service ${desc.name} is hosted by the plugin and cannot ask for a capability; set host = HOST_DAEMON or remove it`,
    );
  }
  const methods: MethodModel[] = [];
  const service: ServiceModel = {
    kind: "service",
    name: desc.name,
    ...source.element(path),
    deprecated: desc.deprecated || file.deprecated,
    fullName: desc.typeName,
    file,
    methods,
    host,
  };
  const capability = options.capability === "" ? desc.typeName : options.capability;
  const invalidations = readInvalidations(desc);
  for (const [i, method] of desc.methods.entries()) {
    const invalidates = invalidations.get(method.name) ?? [];
    methods.push(
      buildMethod(method, path + pathOf(inService.method, i), service, capability, invalidates, source, context),
    );
  }
  Object.freeze(methods);
  return Object.freeze(service);
}

function buildMethod(
  desc: DescMethod,
  path: ElementPath,
  parent: ServiceModel,
  serviceCapability: string,
  invalidates: readonly string[],
  source: Source,
  context: BuildContext,
): MethodModel {
  const options = getOption(desc, methodOption);
  const shape = shapes[desc.methodKind];
  const wireName = `${parent.fullName}/${desc.name}`;
  const idempotency = idempotencies[desc.idempotency] ?? "unknown";
  const complain = (field: number, message: string): void => {
    if (!parent.file.generate) return;
    const location = source.optionLocation(path + pathOf(methodOptions), pathOf(optionNumber, field));
    context.mistakes.push({ location, message: `method ${desc.name} ${message}` });
  };

  const hasTimeout = hasOption(desc, methodOption) && options.timeout !== undefined;
  const timeoutMs = options.timeout === undefined ? undefined : millis(options.timeout);
  if (hasTimeout && timeoutMs === undefined)
    complain(methodField.timeout, "has a timeout outside 1 ms to 24 h; correct it, or remove it for the default");
  if (options.capability !== "" && parent.host === "plugin") {
    complain(
      methodField.capability,
      "is hosted by the plugin and cannot ask for a capability; set host = HOST_DAEMON on its service or remove it",
    );
  }
  if (options.sensitive && options.compression === Compression.ALWAYS) {
    complain(
      methodField.compression,
      "is sensitive and cannot be compressed, since lengths would tell of its secrets; remove one of the two options",
    );
  }
  return Object.freeze({
    kind: "method",
    name: desc.name,
    ...source.element(path),
    deprecated: desc.deprecated || parent.deprecated,
    wireName,
    wireId: wireId(wireName),
    parent,
    shape,
    request: context.message(desc.input),
    response: context.message(desc.output),
    idempotency,
    timeoutMs: timeoutMs ?? (shape === "unary" ? defaultUnaryTimeoutMs : 0),
    sensitive: options.sensitive,
    compression: compressions[options.compression],
    capability: parent.host === "daemon" ? options.capability || serviceCapability : "",
    cache: readCache(desc, (mistake) => complain(methodField.cache, mistake)),
    invalidates: Object.freeze([...invalidates]),
  });
}

/** The number of a method is a hash of its name, so two methods of one file may meet. */
function refuseEqualIds(services: readonly ServiceModel[], context: BuildContext): void {
  const taken = new Map<number, MethodModel>();
  for (const method of services.flatMap((service) => service.methods)) {
    const other = taken.get(method.wireId);
    if (other === undefined) taken.set(method.wireId, method);
    else {
      const id = `0x${method.wireId.toString(16).padStart(8, "0")}`;
      context.mistakes.push({
        location: method.location,
        message: `method ${method.wireName} has the wire id ${id} of ${other.wireName}; rename one of them`,
      });
    }
  }
}
