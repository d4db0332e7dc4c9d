/** Looks at what this machine offers. Calls no model. */
import type { Availability } from "../core/sandbox.ts";
import { toAssayError } from "../core/errors.ts";
import { loadPart, namesOf } from "./registry.ts";

export interface Check {
  /** Kind and name: "sandbox docker". */
  name: string;
  kind: "sandbox" | "model";
  isUsable: boolean;
  /** What there is, or what is missing. */
  detail: string;
  version?: string;
  /** What to type where it is not usable. */
  hint?: string;
  /** What is otherwise than one would expect, as sentences: limits that are not enforced here, say. */
  notes?: readonly string[];
}

/** A backend answers within 5 s by itself; one that does not is broken. */
const PATIENCE_MS = 8_000;

export interface ExamineOptions {
  environment?: NodeJS.ProcessEnv;
  patienceMs?: number;
  /** Each is a check of its own for the sandboxes that take hosts, in place of the machine's own engine. */
  hosts?: readonly string[];
}

/** All parts are asked at the same time; returns within 8 s, whatever they do. */
export async function examine({ environment = process.env, patienceMs = PATIENCE_MS, hosts = [] }: ExamineOptions = {}): Promise<Check[]> {
  const [sandboxes, models] = await Promise.all([namesOf("sandbox"), namesOf("provider")]);
  const checks = await Promise.all([
    ...sandboxes.map((name) => checkSandbox(name, hosts, patienceMs)),
    ...models.map((name) => checkProvider(name, environment)),
  ]);
  return checks.flat();
}

async function checkSandbox(sandbox: string, hosts: readonly string[], patienceMs: number): Promise<Check[]> {
  const takesHosts = hosts.length > 0 && (await loadPart("sandbox", sandbox).catch(() => undefined))?.takesHosts;
  if (!takesHosts) return [await checkAvailability(sandbox, undefined, patienceMs)];
  return Promise.all(hosts.map((host) => checkAvailability(sandbox, host, patienceMs)));
}

async function checkAvailability(sandbox: string, host: string | undefined, patienceMs: number): Promise<Check> {
  const about = { name: `sandbox ${sandbox}`, kind: "sandbox" } as const;
  const found = await availabilityOf(sandbox, host, patienceMs);
  if (!found.isAvailable) return { ...about, isUsable: false, detail: found.reason, hint: found.hint };
  const { detail, version, notes } = found;
  return { ...about, isUsable: true, detail, ...(version !== undefined && { version }), ...(notes && { notes }) };
}

async function availabilityOf(sandbox: string, host: string | undefined, patienceMs: number): Promise<Availability> {
  const silence = Promise.withResolvers<Availability>();
  const timer = setTimeout(
    () => silence.resolve({ isAvailable: false, reason: `It did not answer within ${patienceMs / 1000} s.`, hint: "Restart it." }),
    patienceMs,
  );
  try {
    const asked = loadPart("sandbox", sandbox).then((definition) => definition.availability(host === undefined ? {} : { hosts: [host] }));
    return await Promise.race([asked, silence.promise]);
  } catch (error) {
    const { message, hint = "" } = toAssayError(error);
    return { isAvailable: false, reason: message, hint };
  } finally {
    clearTimeout(timer);
  }
}

async function checkProvider(provider: string, environment: NodeJS.ProcessEnv): Promise<Check> {
  const about = { name: `model ${provider}`, kind: "model" } as const;
  const { environment: wanted = [] } = await loadPart("provider", provider);
  const [first] = wanted;
  if (first === undefined) return { ...about, isUsable: true, detail: "needs nothing" };
  if (environment[first]) return { ...about, isUsable: true, detail: `${first} is set` };
  return { ...about, isUsable: false, detail: `${first} is not set.`, hint: `export ${first}=…` };
}
