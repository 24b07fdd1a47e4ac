// The first validation of a process. Prints the milliseconds it took, imports of the validator included.
// Usage: node first.js PEER
import { makeNotes, makeRequests } from "../validate/messages.js";
import { loadValidators } from "../validate/validators.js";

// What a program has at hand that is about to validate: the messages, and with them the library of their types.
const [request] = makeRequests();
const [note] = makeNotes();
const start = performance.now();
const validators = await loadValidators(process.argv[2]!);
const loaded = performance.now();
if (validators.request(request!) + validators.note(note!) !== 0) throw new Error("not valid");
const end = performance.now();
process.stdout.write(`${JSON.stringify({ validate: end - loaded, withImport: end - start })}\n`);
