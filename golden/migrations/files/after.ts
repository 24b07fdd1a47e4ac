import { type Note, type NoteInit } from "../gen/files/v1/note_codec.js"; // both
import { type Task, TasksPlugin } from "../gen/files/v1/task_plugin.js";
import { createNote } from "../gen/files/v1/note_codec.js";
import {
  createTask,
  // a task
  encodeTask,
} from "../gen/files/v1/task_codec.js";
import { encodeNote } from "../gen/files/v1/note_codec.js";

export class MyTasks extends TasksPlugin {
  add(task: Task): NoteInit {
    const note: Note = task.note ?? createNote();
    return { id: note.id, text: String(task.done) };
  }
}

export const sizes = [encodeNote({}).length, encodeTask(createTask()).length];
