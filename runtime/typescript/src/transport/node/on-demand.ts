// What a plugin that dials a Unix socket never needs, loaded as one: each further file that is loaded on demand would cut
// what it shares with the rest into more files, and each of those takes half a millisecond of every start.
export { createTlsTransport } from "./tls.js";
export { listenAt } from "./unix-listener.js";
