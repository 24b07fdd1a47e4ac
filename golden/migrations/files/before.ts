import { type Note, type NoteInit, type Task, TasksPlugin } from "../gen/files/v1/all_plugin.js"; // both
import { createNote } from "../gen/files/v1/all_codec.js";
import {
  createTask,
  encodeNote,
  // a task
  encodeTask,
} from "../gen/files/v1/all_codec.js";

export class MyTasks extends TasksPlugin {
  add(task: Task): NoteInit {
    const note: Note = task.note ?? createNote();
    return { id: note.id, text: String(task.done) };
  }
}

export const sizes = [encodeNote({}).length, encodeTask(createTask()).length];
