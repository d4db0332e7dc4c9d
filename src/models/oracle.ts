/** How a known solution is played under each style of tools, and which instances a seeded oracle fails. */
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { sha256 } from "../core/json.ts";
import type { ModelSpec, TrialIdentity } from "../core/model.ts";
import { toolFor } from "../core/tool.ts";
import type { LocalAnswer } from "./local-model.ts";
import { checkQuery } from "./spec.ts";

export interface Draw {
  /** Share of the instances that it solves. */
  accuracy: number;
  seed: number;
}

const drawSchema = z.object({ accuracy: z.coerce.number().min(0).max(1).default(1), seed: z.coerce.number().int().default(0) });

/** Reads `?accuracy=0.7&seed=1`. Throws `usage/bad-option`. */
export function parseDraw(spec: ModelSpec): Draw {
  checkQuery(spec, ["accuracy", "seed"]);
  const parsed = drawSchema.safeParse(spec.query);
  if (parsed.success) return parsed.data;
  const key = String(parsed.error.issues[0]?.path[0]);
  throw new AssayError("usage/bad-option", `Model ${JSON.stringify(spec.text)}: ${key} cannot be ${JSON.stringify(spec.query[key])}.`, {
    hint: "accuracy is from 0 to 1, seed a whole number: mock/oracle?accuracy=0.7&seed=1",
  });
}

/** Whether an instance is solved: decided by a hash of seed and id, so that order, epoch and the other instances play no part. */
export function isDrawn({ accuracy, seed }: Draw, instanceId: string): boolean {
  const drawn = Number.parseInt(sha256(`${seed}/${instanceId}`).slice(0, 12), 16) / 16 ** 12;
  return drawn < accuracy;
}

/** Plays the trial's reference, one step a call. Throws `config/unsupported` where there is none. */
export function play(trial: TrialIdentity): () => LocalAnswer {
  const steps = stepsOf(trial);
  let next = 0;
  // A scaffold that goes on after the last step gets it again.
  return () => steps[Math.min(next++, steps.length - 1)] ?? {};
}

function stepsOf(trial: TrialIdentity): LocalAnswer[] {
  const { reference, toolStyle, tools, writeStep, instanceId } = trial;
  if (!reference)
    throw new AssayError("config/unsupported", `Instance ${instanceId} has no reference solution for mock/oracle to play.`, {
      hint: "Choose another model, or give the task's instances a reference.",
    });
  const commands = "commands" in reference ? reference.commands : [];
  const answer = "text" in reference ? reference.text : (reference.answer ?? "done");
  if (writeStep) return [...commands.map((command) => ({ command })), { answer }].map((step) => ({ text: writeStep(step) }));
  const [shell, ending] = [toolFor("command", tools), toolFor("answer", tools)];
  // Without a way to run commands, showing them is all that can be done.
  if (toolStyle !== "native" || (commands.length > 0 && !shell)) return [{ text: commands.length > 0 ? commands.join("\n") : answer }];
  const calls = shell ? commands.map((command) => ({ name: shell.name, input: { command } })) : [];
  const last = ending ? [{ name: ending.name, input: { answer } }] : [];
  const played = [...calls, ...last].map((call, index): LocalAnswer => ({ toolCalls: [{ id: `call_${index + 1}`, ...call }] }));
  return ending ? played : [...played, { text: answer }];
}
