import { metadataKeys, metadataValues } from "../session/head.js";
import type { MetadataInit } from "./service.js";

/** Metadata as the flat list that envelopes carry: key, value, key, value, … Throws METADATA_INVALID. */
export function toMetadataList(metadata: MetadataInit | undefined): string[] {
  const list: string[] = [];
  if (metadata === undefined) return list;
  for (const key of metadataKeys(metadata)) {
    for (const one of metadataValues(key, metadata[key]!)) list.push(key, one);
  }
  return list;
}

/** The flat list of an envelope as a map: each key with its values in order. */
export function toMetadataMap(list: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>();
  for (let i = 0; i + 1 < list.length; i += 2) {
    const values = map.get(list[i]!);
    if (values === undefined) map.set(list[i]!, [list[i + 1]!]);
    else values.push(list[i + 1]!);
  }
  return map;
}
