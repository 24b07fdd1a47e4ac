import type { Method, PeerInfo } from "./service.js";

/** One call as interceptors see it, on either side and of any kind. */
export interface InterceptedCall {
  /** Which side of the call this is. */
  readonly side: "client" | "server";
  readonly method: Method;
  readonly peer: PeerInfo;
  /** What travels beside the request: keys are lower case. On the client side it may be changed until the call is sent. */
  readonly metadata: Map<string, readonly string[]>;
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline, or undefined when there is none. */
  readonly timeLeftMs: number | undefined;
  /** The request, or for client and bidi streams the requests as an AsyncIterable. */
  readonly message: unknown;
}

/** Passes a call on; resolves with the response, or for server and bidi streams with the responses as an AsyncIterable. */
export type Next = (call: InterceptedCall) => Promise<unknown>;

/**
 * Wraps calls: `(next) => async (call) => { …; const response = await next(call); …; return response; }`. One type for
 * every kind of call on both sides. The first of a list is the outermost. Throwing fails the call.
 */
export type Interceptor = (next: Next) => Next;

/** `interceptors` around `last`. */
export function chain(interceptors: readonly Interceptor[], last: Next): Next {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), last);
}
