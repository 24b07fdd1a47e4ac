import type { FoundTask } from "../markdown/tasks.js";

/** A task and the note it stands in. */
export interface StoredTask extends FoundTask {
  readonly note: { readonly id: string; readonly title: string };
}

/** Which tasks to show. */
export interface TaskFilter {
  /** Undefined: in any state. */
  readonly done: boolean | undefined;
  /** Contained in the task, in any case; empty: anything. */
  readonly text: string;
  /** Empty: of any note. */
  readonly noteId: string;
}

/** How many tasks are in which state. */
export interface TaskCounts {
  open: number;
  done: number;
}

/** The tasks that pass a filter, in their order. */
export function filterTasks(tasks: readonly StoredTask[], { done, text, noteId }: TaskFilter): StoredTask[] {
  const wanted = text.toLowerCase();
  return tasks.filter(
    (task) =>
      (done === undefined || task.done === done) &&
      (noteId === "" || task.note.id === noteId) &&
      task.text.toLowerCase().includes(wanted),
  );
}

/** Counts tasks, over all notes and by the id of each note that has any. */
export function countTasks(tasks: readonly StoredTask[]): { total: TaskCounts; byNote: Record<string, TaskCounts> } {
  const total: TaskCounts = { open: 0, done: 0 };
  // An id is any text, `__proto__` included: a plain object would take that one for something else.
  const byNote = Object.create(null) as Record<string, TaskCounts>;
  for (const { note, done } of tasks) {
    const counts = (byNote[note.id] ??= { open: 0, done: 0 });
    for (const sum of [total, counts]) sum[done ? "done" : "open"]++;
  }
  return { total, byNote };
}
