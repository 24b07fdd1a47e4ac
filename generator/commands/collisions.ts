import { GeneratorError, type Mistake } from "../errors.js";
import type { MethodModel, Model, ServiceModel } from "../model/model.js";

/**
 * Refuses what no single .proto shows: two services of one name, and two methods with one wire id on the same side of a
 * session. Files that two models share are seen once.
 *
 * @throws GeneratorError that names both places.
 */
export function refuseCollisions(models: readonly Model[]): void {
  const mistakes: Mistake[] = [];
  const files = new Map<string, string>();
  const services = new Map<string, ServiceModel>();
  const methods = new Map<string, MethodModel>();
  for (const [i, model] of models.entries()) {
    for (const file of model.files) {
      if (file.generate && (files.get(file.path) ?? `${i}`) !== `${i}`) {
        mistakes.push(at(file.path, `comes from two inputs; give one of the files another name or folder`));
      }
      if (file.generate) files.set(file.path, `${i}`);
      for (const service of file.services) {
        const other = services.get(service.fullName);
        if (other === undefined) services.set(service.fullName, service);
        else if (other.file.path !== file.path) {
          mistakes.push({
            location: service.location,
            message: `service ${service.fullName} is declared in ${place(other)} too; rename one of them`,
          });
        }
        for (const method of service.methods) checkMethod(method, methods, mistakes);
      }
    }
  }
  if (mistakes.length > 0) throw new GeneratorError(mistakes);
}

function checkMethod(method: MethodModel, methods: Map<string, MethodModel>, mistakes: Mistake[]): void {
  const key = `${method.parent.host} ${method.wireId}`;
  const other = methods.get(key);
  if (other === undefined) methods.set(key, method);
  // Within one file the model has refused it already; the same method again is a file that two models share.
  else if (other.parent.file.path !== method.parent.file.path && other.wireName !== method.wireName) {
    const id = `0x${method.wireId.toString(16).padStart(8, "0")}`;
    mistakes.push({
      location: method.location,
      message: `method ${method.wireName} has the wire id ${id} of ${other.wireName} in ${place(other)}; rename one of them`,
    });
  }
}

function at(path: string, message: string): Mistake {
  return { location: { path, line: 0, column: 0 }, message };
}

function place({ location }: ServiceModel | MethodModel): string {
  return location.line === 0 ? location.path : `${location.path}:${location.line}`;
}
