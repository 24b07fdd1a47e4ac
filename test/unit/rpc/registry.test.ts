import { describe, expect, test } from "vitest";
import { Registry } from "../../../runtime/typescript/src/rpc/registry.js";
import {
  type HandlerContext,
  serviceKey,
  type ServiceImplementation,
} from "../../../runtime/typescript/src/rpc/service.js";
import { echoHandlers, echoService } from "../../suites/peers.js";

const reasonOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return (error as { reason: string }).reason;
  }
  return "none";
};

describe("a registry", () => {
  test("finds handlers by wire id and keeps their this", async () => {
    class Counting {
      readonly [serviceKey] = echoService;
      count = 0;
      unary(): { key: string } {
        return { key: String(++this.count) };
      }
      down(): void {}
      up(): void {}
      both(): void {}
      secret(): void {}
      guarded(): void {}
    }
    const registry = new Registry([new Counting()]);
    const hosted = registry.get(echoService.methods.unary.id)!;
    expect(hosted.method).toBe(echoService.methods.unary);
    expect(hosted.handle({}, {} as HandlerContext)).toEqual({ key: "1" });
    expect(registry.list()).toHaveLength(6);
    expect([...registry.services]).toEqual(["test.v1.Echo"]);
    expect(registry.get(0)).toBeUndefined();
  });

  test("refuses a service twice, a method that is missing, and two methods with one wire id", () => {
    expect(reasonOf(() => new Registry([echoHandlers(), echoHandlers()]))).toBe("METHOD_COLLISION");
    const incomplete = { ...echoHandlers(), up: undefined } as unknown as ServiceImplementation;
    expect(reasonOf(() => new Registry([incomplete]))).toBe("METHOD_COLLISION");
    const other = { ...echoHandlers(), [serviceKey]: { ...echoService, typeName: "test.v1.Other" } };
    expect(reasonOf(() => new Registry([echoHandlers(), other as ServiceImplementation]))).toBe("METHOD_COLLISION");
  });
});
