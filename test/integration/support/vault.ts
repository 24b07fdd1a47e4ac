import { CrucibleError } from "../../../runtime/typescript/src/index.js";
import type { GetRequest, StoreRequest, TalkRequest } from "../lab/gen/lab/v1/lab_pb.js";
import {
  type GetResponseInit,
  type ListResponseInit,
  type StoreResponseInit,
  type TalkResponseInit,
  VaultHost,
  type WipeResponseInit,
} from "../lab/gen/lab/v1/lab_daemon.js";

/** The daemon's service in the tests: texts by key. */
export class TestVault extends VaultHost {
  readonly values: Map<string, string>;

  constructor(values: Record<string, string> = {}) {
    super();
    this.values = new Map(Object.entries(values));
  }

  override get({ key }: GetRequest): GetResponseInit {
    const value = this.values.get(key);
    if (value === undefined)
      throw new CrucibleError("KEY_UNKNOWN", `no value has the key ${key}; store it first`, { code: 5 });
    return { value };
  }

  override async *list(): AsyncGenerator<ListResponseInit> {
    for (const key of this.values.keys()) yield { key };
  }

  override async store(requests: AsyncIterable<StoreRequest>): Promise<StoreResponseInit> {
    let stored = 0;
    for await (const { key, value } of requests) {
      this.values.set(key, value);
      stored++;
    }
    return { stored };
  }

  override async *talk(requests: AsyncIterable<TalkRequest>): AsyncGenerator<TalkResponseInit> {
    for await (const { line } of requests) yield { line: line.toUpperCase() };
  }

  override wipe(): WipeResponseInit {
    this.values.clear();
    return {};
  }
}
