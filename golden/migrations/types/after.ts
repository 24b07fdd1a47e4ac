import { createPage, type Page } from "../gen/types/v1/types_codec.js";

export function next(page: Page, raw: string): Page {
  const limit = Number(page.limit) * 2;
  const version = 3;
  page.limit = BigInt(limit + 1);
  page.start += 1n;
  return createPage({
    limit: BigInt(limit),
    start: Number(BigInt(page.start) + BigInt(Number(page.limit))),
    version: String(version),
    raw: new TextEncoder().encode(raw + new TextDecoder().decode(page.raw)),
    tag: ["x"],
  });
}

export const first: Page = createPage({ limit: 10n, start: 0, version: "1", raw: new TextEncoder().encode("none") });
export const copy = (page: Page): Page => createPage({ limit: page.limit, version: page.version, tag: page.tag });
