import { CrucibleError } from "../error/index.js";
import { optionInvalid } from "../error/options.js";
import { shown } from "../error/text.js";
import { type HandlerContext, type Method, type Service, type ServiceImplementation, serviceKey } from "./service.js";

/** A method with the handler that answers it. */
export interface HostedHandler {
  readonly method: Method;
  readonly service: Service;
  /** Calls the handler; what it gives back depends on the kind of method. */
  readonly handle: (request: unknown, context: HandlerContext) => unknown;
}

/** The methods that one side of a session answers, by wire id. */
export class Registry {
  readonly #handlers: Map<number, HostedHandler> = new Map();
  readonly #services: Set<string> = new Set();

  /** Throws OPTION_INVALID for what is no list of implementations, METHOD_COLLISION for a service that is there already, or two methods with one wire id. */
  constructor(implementations: readonly ServiceImplementation[]) {
    if (!Array.isArray(implementations)) throw optionInvalid(`services is ${shown(implementations)}; it is a list`);
    for (const implementation of implementations as readonly ServiceImplementation[]) this.#add(implementation);
  }

  get(methodId: number): HostedHandler | undefined {
    return this.#handlers.get(methodId);
  }

  /** Everything that is hosted. */
  list(): HostedHandler[] {
    return [...this.#handlers.values()];
  }

  /** Full names of the services. */
  get services(): ReadonlySet<string> {
    return this.#services;
  }

  #add(implementation: ServiceImplementation): void {
    const service = (implementation as ServiceImplementation | null | undefined)?.[serviceKey];
    if (typeof service?.typeName !== "string" || typeof service.methods !== "object") {
      throw optionInvalid(
        `services has ${shown(implementation)} in it; give objects of classes that extend generated ones`,
      );
    }
    if (this.#services.has(service.typeName)) {
      throw new CrucibleError("METHOD_COLLISION", `service ${service.typeName} is implemented twice; host it once`);
    }
    this.#services.add(service.typeName);
    const members = implementation as unknown as Readonly<Record<string, HostedHandler["handle"] | undefined>>;
    for (const [name, method] of Object.entries(service.methods)) {
      const handler = members[name];
      if (typeof handler !== "function") {
        throw new CrucibleError("METHOD_COLLISION", `service ${service.typeName} lacks a method ${name}; implement it`);
      }
      const other = this.#handlers.get(method.id);
      if (other !== undefined) {
        throw new CrucibleError(
          "METHOD_COLLISION",
          `${method.name} and ${other.method.name} have the same wire id; rename one of them`,
        );
      }
      this.#handlers.set(method.id, { method, service, handle: handler.bind(implementation) });
    }
  }
}
