// The plugin `tasks`: a process of its own that the daemon launches.
import type { HandlerContext } from "crucible-runtime";
import { serve } from "crucible-runtime/plugin";
import { Kiln } from "../gen/knowledge/v1/kiln_plugin.js";
import type { CountTasksRequest, ListTasksRequest, ScanRequest } from "../gen/knowledge/v1/tasks_pb.js";
import {
  type CountTasksResponseInit,
  type ListTasksResponseInit,
  type ScanResponseInit,
  TaskListPlugin,
  TaskState,
} from "../gen/knowledge/v1/tasks_plugin.js";
import { findTasks } from "./markdown/tasks.js";
import { countTasks, filterTasks, type StoredTask } from "./plugins/task-store.js";

const defaultLimit = 100;
/** How many notes are read between two answers of a scan. */
const notesPerAnswer = 16;

class Tasks extends TaskListPlugin {
  #tasks: readonly StoredTask[] = [];

  async *scan(_request: ScanRequest, context: HandlerContext): AsyncGenerator<ScanResponseInit> {
    const tasks: StoredTask[] = [];
    let notes = 0;
    for await (const { id, title, text } of context.client(Kiln).listNotes({})) {
      for (const task of findTasks(text)) tasks.push({ note: { id, title }, ...task });
      if (++notes % notesPerAnswer === 0) yield { notes, tasks: tasks.length };
    }
    // All at once: who asks meanwhile, or after a scan that failed, gets the tasks of the scan before.
    this.#tasks = tasks;
    yield { notes, tasks: tasks.length };
  }

  listTasks({ state, text, noteId, limit }: ListTasksRequest): ListTasksResponseInit {
    const done = state === TaskState.UNSPECIFIED ? undefined : state === TaskState.DONE;
    const found = filterTasks(this.#tasks, { done, text, noteId });
    const shown = found.slice(0, limit || defaultLimit);
    return { tasks: shown.map((task) => ({ ...task, state: stateOf(task) })), total: found.length };
  }

  countTasks(_request: CountTasksRequest): CountTasksResponseInit {
    return countTasks(this.#tasks);
  }
}

function stateOf({ done }: StoredTask): TaskState {
  return done ? TaskState.DONE : TaskState.OPEN;
}

await serve(new Tasks());
