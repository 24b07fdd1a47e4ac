import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { type AbortListener, ignoreAbort, listenToAbort } from "../../../runtime/typescript/src/rpc/abort-listeners.js";

function listener(): AbortListener & { readonly told: AbortSignal[] } {
  const told: AbortSignal[] = [];
  return { told, onAbort: (signal) => told.push(signal) };
}

test("a signal has one event listener however many listen, and none once all have gone", () => {
  const { signal } = new AbortController();
  const many = Array.from({ length: 30 }, listener);
  for (const one of many) listenToAbort(signal, one);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const one of many.slice(1)) ignoreAbort(signal, one);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  ignoreAbort(signal, many[0]!);
  ignoreAbort(signal, many[0]!);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  listenToAbort(signal, many[0]!);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
});

test("each is told once, those that leave meanwhile as well as those that stay", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const [first, second, gone] = [listener(), listener(), listener()];
  const leaves: AbortListener = { onAbort: () => ignoreAbort(signal, first) };
  for (const one of [leaves, first, second, gone]) listenToAbort(signal, one);
  ignoreAbort(signal, gone);
  controller.abort();
  expect([first.told, second.told, gone.told]).toEqual([[signal], [signal], []]);
});
