import { createPage, type Page } from "../gen/types/v1/types_codec.js";

export function next(page: Page, raw: string): Page {
  const limit = page.limit * 2;
  const version = 3;
  page.limit = limit + 1;
  page.offset += 1n;
  return createPage({
    limit,
    offset: page.offset + BigInt(page.limit),
    version,
    raw: raw + page.raw,
    tag: "x",
  });
}

export const first: Page = createPage({ limit: 10, offset: 0n, version: 1, raw: "none" });
export const copy = (page: Page): Page => createPage({ limit: page.limit, version: page.version, tag: page.tag });
