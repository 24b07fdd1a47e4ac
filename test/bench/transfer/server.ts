// A server in a process of its own. Usage: node server.js PEER PATH
import { loadPeer } from "./peers.js";

const [name, path] = process.argv.slice(2) as [string, string];
const peer = await loadPeer(name);
await peer.serve!(path);
process.stdout.write("ready\n");
