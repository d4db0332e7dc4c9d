/**
 * Inspect AI's log as a zip archive (`.eval`), finished or left by a crash: its samples are there either way.
 * A sample is one member, or several in a folder of its own of which one tells what it was and how it ended.
 */
import { z } from "zod";
import { AssayError } from "../../../core/errors.ts";
import { parsedAs, type OutputRecord, type Place } from "../record.ts";
import { parsePythonJson } from "../python-json.ts";
import { sampleOutput, type Attachments } from "./sample.ts";
import { openZip, type ZipLimits, type ZipMembers } from "./zip-members.ts";

/** An id stands in the name as it is, with any slash that it has. */
const WHOLE_SAMPLE = /^samples\/.+_epoch_\d+\.json$/s;
const SAMPLE_IN_PARTS = /^(samples\/.+_epoch_\d+)\/sample\.json$/s;

const ATTACHMENTS = /^(samples\/.+_epoch_\d+)\/attachments\/(\d+)\.json$/s;

/** Samples in the archive's order. Throws `data/invalid` that names the member. */
export async function* inspectArchiveOutputs(path: string, shown: string, limits?: ZipLimits): AsyncGenerator<OutputRecord> {
  await using zip = await openZip(path, shown, limits);
  const isLog = zip.names.some((name) => name === "header.json" || name === "_journal/start.json" || name.startsWith("samples/"));
  if (!isLog)
    throw new AssayError("data/invalid", `${shown} is a zip archive, but no log of Inspect AI's: it has no header.json.`, {
      hint: "Name a file of answers, or a log that ends in .eval.",
    });
  // Where a sample stands in both forms, Inspect reads the one member.
  const whole = new Set(zip.names);
  const chunks = Map.groupBy(zip.names, (name) => ATTACHMENTS.exec(name)?.[1]);
  for (const name of zip.names) {
    const folder = SAMPLE_IN_PARTS.exec(name)?.[1];
    const isSample = folder === undefined ? WHOLE_SAMPLE.test(name) : !whole.has(`${folder}.json`);
    if (!isSample) continue;
    const text = (await zip.text(name)) ?? "";
    const at = { shown, place: name };
    // Parts are looked up only where there is something to look up.
    const attachments =
      folder !== undefined && /(?:attachment|tc):\/\//.test(text) ? await attachmentsIn(zip, chunks.get(folder) ?? [], at) : undefined;
    yield sampleOutput(parsePythonJson(text, `${shown} ${name}`), at, attachments);
  }
}

const chunkSchema = z.array(z.string());

/** A sequence over several members, each named by the number of its first. */
async function attachmentsIn(zip: ZipMembers, names: readonly string[], at: Place): Promise<Attachments> {
  const texts = new Map<string, string>();
  for (const name of names) {
    const start = Number(ATTACHMENTS.exec(name)?.[2]);
    const value = parsePythonJson((await zip.text(name)) ?? "", `${at.shown} ${name}`);
    const chunk = parsedAs(chunkSchema, value, { ...at, place: name }, "an Inspect AI log");
    for (const [index, text] of chunk.entries()) texts.set(String(start + index), text);
  }
  return (key) => texts.get(key);
}
