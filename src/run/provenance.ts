/** Where a run comes from: what was planned, with which versions, from which commit, on what kind of machine. */
import { execFile } from "node:child_process";
import { arch, availableParallelism, platform, totalmem } from "node:os";
import { promisify } from "node:util";
import { newRunId } from "../core/ids.ts";
import { plainJson, type Json } from "../core/json.ts";
import { RUN_FORMAT, type RunRecord } from "../core/record.ts";
import { assayVersion } from "./assay-version.ts";
import type { RunOptions } from "./options.ts";
import { plannedConfig, type Plan } from "./plan.ts";

/** The record of a run that begins now. */
export async function newRecord({
  plan,
  options,
  command,
}: {
  plan: Plan;
  options: RunOptions;
  command: readonly string[];
}): Promise<RunRecord> {
  const now = new Date();
  return {
    format: RUN_FORMAT,
    runId: newRunId(now, plan.tasks.map(({ task }) => task.spec).join("+"), options.model),
    status: "running",
    createdAt: now.toISOString(),
    command: [...command],
    model: options.model,
    address: plan.address,
    harness: plainJson(plan.harness),
    sandbox: null,
    tasks: plan.tasks.map((planned) => ({
      spec: planned.task.spec,
      epochs: planned.epochs,
      instances: planned.instances.length,
      data: planned.data,
      config: plannedConfig(planned),
    })),
    options: plainJson(options) as Record<string, Json>,
    hashes: plan.hashes,
    versions: await versions(),
    git: await gitState(),
    environment: environment(),
    counts: {
      planned: plan.tasks.reduce((n, task) => n + task.instances.length * task.epochs, 0),
      completed: 0,
      limit: 0,
      error: 0,
      cancelled: 0,
      resumed: 0,
    },
    durationMs: 0,
  };
}

/** Commit of the folder the command was typed in; null outside a checkout. */
async function gitState(): Promise<RunRecord["git"]> {
  const git = async (...args: string[]) => (await promisify(execFile)("git", args, { timeout: 3000 })).stdout.trim();
  try {
    const [commit, changes] = await Promise.all([git("rev-parse", "HEAD"), git("status", "--porcelain", "--untracked-files=no")]);
    return { commit, isDirty: changes !== "" };
  } catch {
    return null;
  }
}

/** The machine, without its name. */
function environment(): RunRecord["environment"] {
  return { platform: platform(), arch: arch(), cpus: availableParallelism(), memoryMiB: Math.round(totalmem() / 2 ** 20) };
}

/** Another version on resume is a note, not a refusal. */
export async function versions(): Promise<Record<string, string>> {
  return { assay: await assayVersion(), node: process.versions.node };
}
