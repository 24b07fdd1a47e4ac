// One peer at both messages. Usage: forked by `workers.ts` with the peer's name.
import { answerQuestions, type Case } from "../sampler.js";
import { makeNotes, makeRequests } from "./messages.js";
import { loadValidators } from "./validators.js";

const { request, note } = await loadValidators(process.argv[2]!);
const requests = makeRequests();
const notes = makeNotes();
for (const one of requests) if (request(one) !== 0) throw new Error(`not valid: ${JSON.stringify(one)}`);
for (const one of notes) if (note(one) !== 0) throw new Error(`the note ${one.id} is not valid`);
// And what breaks rules is found, by everyone as much of it.
const broken = request({ ...requests[0]!, query: "", limit: 0 }) + note({ ...notes[0]!, title: "", authorEmail: "?" });
if (broken !== 4) throw new Error(`${broken} violations instead of 4`);
answerQuestions(
  new Map<string, Case>([
    ["validate-request", { operation: request as Case["operation"], inputs: requests }],
    ["validate-note", { operation: note as Case["operation"], inputs: notes }],
  ]),
);
