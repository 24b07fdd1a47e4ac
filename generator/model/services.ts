// Services and methods, with the options of crucible/options/v1/options.proto read, checked and defaulted.
import { type Mistake, mistake } from "../errors.js";
import { type CachedMethod, type MethodSettings, readCache, readInvalidations } from "./cache.js";
import type { FileProto, MethodProto, ServiceProto } from "./descriptor/descriptor.js";
import { methodOption, type Options, serviceOption } from "./descriptor/options.js";
import { millis } from "./duration.js";
import { loaded, type Reflection } from "./loaded.js";
import type { FileModel, MessageModel, MethodModel, ServiceModel } from "./model.js";
import { type ElementPath, pathOf, type Source } from "./source.js";
import type { Types } from "./types.js";
import { wireId } from "./wire-id.js";

/** The number of both extensions of crucible/options/v1/options.proto. */
export const crucibleOption = 52_847;
// `Host` and `Compression` of that file.
const hosts: ReadonlySet<number> = new Set([0, 1, 2]);
const hostDaemon = 2;
const [compressNever, compressAlways] = [1, 2] as const;
const defaultUnaryTimeoutMs = 30_000;

// Numbers of fields in descriptor.proto and options.proto, for paths into the source.
const inService = { method: 2, options: 3 } as const;
const optionsOfMethod = 4;
const serviceField = { host: 1, capability: 2 } as const;
const methodField = { timeout: 1, cache: 3, capability: 4, compression: 5 } as const;
const compressions: Readonly<Record<number, MethodModel["compression"]>> = {
  [compressNever]: "never",
  [compressAlways]: "always",
};

const idempotencies = ["unknown", "no_side_effects", "idempotent"] as const;

/** What the services of a file are built with. */
export interface ServiceContext {
  readonly types: Types;
  readonly reflection: Reflection | undefined;
  readonly mistakes: Mistake[];
}

/**
 * Builds the services of one file. What is wrong with their options goes to `context.mistakes`.
 *
 * @throws GeneratorError when a message is not declared.
 */
export function buildServices(
  desc: FileProto,
  file: FileModel,
  source: Source,
  context: ServiceContext,
): ServiceModel[] {
  const services = desc.services.map((service, i) => buildService(service, pathOf(6, i), file, source, context));
  if (file.generate) refuseEqualIds(services, context);
  return services;
}

function buildService(
  desc: ServiceProto,
  path: ElementPath,
  file: FileModel,
  source: Source,
  context: ServiceContext,
): ServiceModel {
  const options = serviceOptions(desc.options, context.reflection);
  const host = options.host === hostDaemon ? "daemon" : "plugin";
  const complain = (field: number, message: string): void => {
    if (!file.generate) return;
    const location = source.optionLocation(path + pathOf(inService.options), pathOf(crucibleOption, field));
    context.mistakes.push({ location, message });
  };
  if (!hosts.has(options.host)) {
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
  const fullName = file.package === "" ? desc.name : `${file.package}.${desc.name}`;
  const service: ServiceModel = {
    kind: "service",
    name: desc.name,
    ...source.element(path),
    deprecated: (desc.options?.number(serviceOption.deprecated) ?? 0) !== 0 || file.deprecated,
    fullName,
    file,
    methods,
    host,
  };
  const capability = options.capability === "" ? fullName : options.capability;
  const declared = desc.methods.map((method) => declareMethod(method, context.reflection));
  const invalidations = readInvalidations(fullName, declared);
  for (const [i, method] of declared.entries()) {
    const at = path + pathOf(inService.method, i);
    methods.push(buildMethod(method, at, service, { ...context, source, capability, declared, invalidations }));
  }
  Object.freeze(methods);
  return Object.freeze(service);
}

/** What the methods of a service are built with. */
interface MethodContext extends ServiceContext {
  readonly source: Source;
  readonly capability: string;
  readonly declared: readonly CachedMethod[];
  readonly invalidations: ReadonlyMap<string, readonly string[]>;
}

interface DeclaredMethod extends CachedMethod {
  readonly proto: MethodProto;
}

function declareMethod(proto: MethodProto, reflection: Reflection | undefined): DeclaredMethod {
  const options = methodOptions(proto.options, reflection);
  const { clientStreaming: up, serverStreaming: down } = proto;
  return {
    proto,
    name: proto.name,
    shape: up ? (down ? "bidi_stream" : "client_stream") : down ? "server_stream" : "unary",
    idempotency: idempotencies[proto.options?.number(methodOption.idempotency) ?? 0] ?? "unknown",
    options,
  };
}

function buildMethod(
  desc: DeclaredMethod,
  path: ElementPath,
  parent: ServiceModel,
  context: MethodContext,
): MethodModel {
  const { options, shape, idempotency, proto } = desc;
  const { source, capability: serviceCapability, types } = context;
  const wireName = `${parent.fullName}/${desc.name}`;
  const complain = (field: number, message: string): void => {
    if (!parent.file.generate) return;
    const location = source.optionLocation(path + pathOf(optionsOfMethod), pathOf(crucibleOption, field));
    context.mistakes.push({ location, message: `method ${desc.name} ${message}` });
  };

  const timeoutMs = options.timeout === undefined ? undefined : millis(options.timeout);
  if (options.timeout !== undefined && timeoutMs === undefined)
    complain(methodField.timeout, "has a timeout outside 1 ms to 24 h; correct it, or remove it for the default");
  if (options.capability !== "" && parent.host === "plugin") {
    complain(
      methodField.capability,
      "is hosted by the plugin and cannot ask for a capability; set host = HOST_DAEMON on its service or remove it",
    );
  }
  if (options.sensitive && options.compression === compressAlways) {
    complain(
      methodField.compression,
      "is sensitive and cannot be compressed, since lengths would tell of its secrets; remove one of the two options",
    );
  }
  return Object.freeze({
    kind: "method",
    name: desc.name,
    ...source.element(path),
    deprecated: (proto.options?.number(methodOption.deprecated) ?? 0) !== 0 || parent.deprecated,
    wireName,
    wireId: wireId(wireName),
    parent,
    shape,
    request: messageOf(proto.input, "input"),
    response: messageOf(proto.output, "output"),
    idempotency,
    timeoutMs: timeoutMs ?? (shape === "unary" ? defaultUnaryTimeoutMs : 0),
    sensitive: options.sensitive,
    compression: compressions[options.compression],
    capability: parent.host === "daemon" ? options.capability || serviceCapability : "",
    cache: readCache(desc, parent.name, context.declared, (mistake) => complain(methodField.cache, mistake)),
    invalidates: Object.freeze([...(context.invalidations.get(desc.name) ?? [])]),
  });

  function messageOf(fullName: string, side: string): MessageModel {
    const message = types.findMessage(fullName);
    if (message === undefined) throw mistake(`invalid MethodDescriptorProto: ${side}_type .${fullName} not found`);
    return message;
  }
}

type ServiceSettings = Readonly<Record<"host", number> & Record<"capability", string>>;

// Where nothing is stated.
const plainService: ServiceSettings = { host: 0, capability: "" };
const plainMethod: MethodSettings = { sensitive: false, capability: "", compression: 0 };

function serviceOptions(options: Options | undefined, reflection: Reflection | undefined): ServiceSettings {
  const encoded = options?.message(crucibleOption);
  return encoded === undefined ? plainService : loaded(reflection).readServiceOptions(encoded);
}

function methodOptions(options: Options | undefined, reflection: Reflection | undefined): MethodSettings {
  const encoded = options?.message(crucibleOption);
  return encoded === undefined ? plainMethod : loaded(reflection).readMethodOptions(encoded);
}

/** The number of a method is a hash of its name, so two methods of one file may meet. */
function refuseEqualIds(services: readonly ServiceModel[], context: ServiceContext): void {
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
