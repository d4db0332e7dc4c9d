/** A file of answers made elsewhere, as the `outputs/` provider reads it: which of them is whose, kept on disk until it is asked for. */
import { basename } from "node:path";
import { AssayError } from "../core/errors.ts";
import type { GivenOutput, OutputsSource, TrialIdentity } from "../core/model.ts";
import { readOutputs } from "../data/outputs/read-outputs.ts";
import type { OutputRecord } from "../data/outputs/record.ts";
import { openSpool, type Spooled } from "../store/spool.ts";
import type { PlannedTask } from "./plan.ts";

export interface OpenOutputsOptions {
  /** Whose answers are looked for. */
  tasks: readonly Pick<PlannedTask, "instances" | "epochs">[];
  /** Told what a person should know of the file, a line each. */
  note: (line: string) => void;
}

/** Reads the whole file once. Throws `data/…`; what belongs to no planned trial is told, not refused. */
export async function openOutputs(file: string, { tasks, note }: OpenOutputsOptions): Promise<OutputsSource> {
  const shown = basename(file);
  const planned = new Set(tasks.flatMap(({ instances }) => instances.flatMap(keysOfInstance)));
  const epochs = Math.max(0, ...tasks.map((task) => task.epochs));
  const kept = new Map<string, Map<number, Kept>>();
  const strays = new Strays();
  await using opening = new AsyncDisposableStack();
  const spool = opening.use(await openSpool());
  for await (const record of readOutputs(file)) {
    const key = keyOf(record, planned);
    const byEpoch = kept.get(key) ?? new Map<number, Kept>();
    const epoch = record.epoch ?? byEpoch.size + 1;
    const known = byEpoch.get(epoch);
    if (known) throw twice(shown, record, epoch, known.place);
    kept.set(key, byEpoch);
    const { output, question, error, place } = record;
    const isWanted = planned.has(key) && epoch <= epochs;
    if (!isWanted) strays.add(record.instanceId, epoch);
    byEpoch.set(epoch, { place, at: isWanted ? await spool.add(JSON.stringify({ output, question, error })) : null });
  }
  if (strays.count > 0) note(strays.words(shown));
  const closing = opening.move();
  return {
    async outputOf(trial) {
      const found = keysOfTrial(trial).flatMap((key) => kept.get(key)?.get(trial.epoch) ?? [])[0];
      if (!found?.at) return undefined;
      const stored = JSON.parse(await spool.read(found.at)) as Pick<GivenOutput, "output" | "question" | "error">;
      return { ...stored, place: `${shown} ${found.place}` };
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

interface Kept {
  place: string;
  /** Null for what no planned trial asks for. */
  at: Spooled | null;
}

/** How many answers the file has for the instance that has most. */
export async function epochsIn(file: string): Promise<number> {
  const counts = new Map<string, number>();
  let most = 0;
  for await (const { instanceId, epoch } of readOutputs(file)) {
    const count = epoch ?? (counts.get(instanceId) ?? 0) + 1;
    counts.set(instanceId, count);
    most = Math.max(most, count);
  }
  return Math.max(1, most);
}

const byId = (id: string) => `id ${id}`;
const byPosition = (position: number) => `position ${position}`;

const keysOfInstance = ({ instance, position }: PlannedTask["instances"][number]) => [byId(instance.id), byPosition(position)];
const keysOfTrial = ({ instanceId, position }: Pick<TrialIdentity, "instanceId" | "position">) => [byId(instanceId), byPosition(position)];

function keyOf({ instanceId, position, namedBy }: OutputRecord, planned: ReadonlySet<string>): string {
  const [id, place] = [byId(instanceId), position === undefined ? undefined : byPosition(position)];
  const [first = id, second] = namedBy === "id" ? [id, place] : [place, id];
  return second !== undefined && !planned.has(first) && planned.has(second) ? second : first;
}

function twice(shown: string, { instanceId, place }: OutputRecord, epoch: number, before: string): AssayError {
  return new AssayError(
    "data/invalid",
    `${shown} ${place}: instance ${JSON.stringify(instanceId)} has an answer for epoch ${epoch} already, at ${before}.`,
    { hint: "Leave one of the two out, or number the epochs." },
  );
}

const NAMED_STRAYS = 5;

/** Answers that belong to no planned trial: how many, and the first few. */
class Strays {
  count = 0;
  readonly #first: string[] = [];

  add(instanceId: string, epoch: number): void {
    this.count += 1;
    if (this.#first.length < NAMED_STRAYS) this.#first.push(epoch === 1 ? instanceId : `${instanceId} (epoch ${epoch})`);
  }

  words(shown: string): string {
    const more = this.count > this.#first.length ? ", …" : "";
    const said = this.count === 1 ? "1 answer belongs" : `${this.count.toLocaleString("en")} answers belong`;
    return `${shown}: ${said} to no planned trial and ${this.count === 1 ? "is" : "are"} left aside: ${this.#first.join(", ")}${more}`;
  }
}
