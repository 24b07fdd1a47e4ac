import { addCommand } from "./add-command.js";
import { benchCommand } from "./bench-command.js";
import { callCommand } from "./call-command.js";
import { checkCommand } from "./check-command.js";
import type { Command } from "./command.js";
import { completionCommand } from "./completion-command.js";
import { conformCommand } from "./conform-command.js";
import { devCommand } from "./dev-command.js";
import { diffCommand } from "./diff-command.js";
import { doctorCommand } from "./doctor-command.js";
import { generateCommand } from "./generate-command.js";
import { initCommand } from "./init-command.js";
import { migrateCommand } from "./migrate-command.js";

/** Every command, in the order in which `--help` lists them. */
export const commands: readonly Command[] = [
  initCommand,
  generateCommand,
  addCommand,
  devCommand,
  callCommand,
  benchCommand,
  checkCommand,
  diffCommand,
  migrateCommand,
  conformCommand,
  doctorCommand,
  completionCommand(() => commands),
];
