/** Reads a compose file: the containers that one trial consists of. */
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import { AssayError, sha256 } from "../../../../src/index.ts";
import type { BuildRequest } from "../../image/context.ts";
import { checkServices } from "./check-services.ts";
import { lineOf, pathText, refusalOf, type Refusal } from "./refusals.ts";
import { composeSchema, type HealthCheck, type ServiceDocument } from "./schema.ts";

export interface ComposeService {
  name: string;
  image: string | undefined;
  build: BuildRequest | undefined;
  environment: Record<string, string>;
  command: string[] | undefined;
  entrypoint: string[] | undefined;
  /** What has to be so before it is started, by service. */
  dependsOn: Record<string, "service_started" | "service_healthy">;
  healthcheck: HealthCheck | undefined;
  networks: string[];
}

export interface ComposeFile {
  /** As the spec names it. */
  path: string;
  sha256: string;
  /** The service that the agent lives in. */
  main: ComposeService;
  /** All others. */
  services: ComposeService[];
  /** Those that a service is in. */
  networks: { name: string; isInternal: boolean }[];
}

/** The names that the agent's service may have. */
const MAIN_NAMES = ["main", "default"];

/** Throws `config/invalid` in one line, with the place. */
export async function readComposeFile(path: string): Promise<ComposeFile> {
  const text = await readFile(resolve(path), "utf8").catch((cause: unknown) => {
    throw new AssayError("config/invalid", `There is no compose file at "${path}".`, { hint: "Correct `sandbox.compose`.", cause });
  });
  return parseComposeFile(text, path);
}

/** What `text` says; paths in it are relative to the folder of `path`. */
export function parseComposeFile(text: string, path: string): ComposeFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true });
  const [broken] = document.errors;
  if (broken) throw invalid(path, broken.linePos?.[0].line ?? 1, broken.message.split("\n", 1)[0] ?? "no YAML");
  refuseProto(document, lines, path);
  const refuse = (refusal: Refusal): AssayError =>
    invalid(path, lineOf(document, lines, refusal.path), `${pathText(refusal.path)} ${refusal.message}`);
  const parsed = composeSchema.safeParse(withoutExtensions(plain(document, path)));
  if (!parsed.success) throw refuse(refusalOf(parsed.error));
  const { services, networks } = parsed.data;
  const refusal = checkServices(parsed.data, MAIN_NAMES);
  if (refusal) throw refuse(refusal);
  const folder = dirname(path);
  const all = Object.entries(services).map(([name, service]) => serviceOf(name, service, folder));
  const isMain = ({ name }: ComposeService): boolean => MAIN_NAMES.includes(name);
  const main = all.find(isMain);
  if (!main) throw refuse({ path: ["services"], message: "has no agent's service" });
  const used = [...new Set(all.flatMap((service) => service.networks))];
  return {
    path,
    sha256: sha256(text),
    main,
    services: all.filter((service) => !isMain(service)),
    networks: used.map((name) => ({ name, isInternal: networks[name]?.internal ?? false })),
  };
}

/** A parsed value cannot have such a key, which would go without a word. */
function refuseProto(document: ReturnType<typeof parseDocument>, lines: LineCounter, path: string): void {
  visit(document, {
    Pair(_place, { key }) {
      if (isScalar(key) && key.value === "__proto__")
        throw invalid(path, lines.linePos(key.range?.[0] ?? 0).line, "__proto__ is no name for anything");
    },
  });
}

/** Aliases that grow without end are refused by the parser. */
function plain(document: ReturnType<typeof parseDocument>, path: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new AssayError("config/invalid", `${path}: its aliases cannot be followed.`, { hint: "Write out what they stand for.", cause });
  }
}

/** `x-…` keys are for other programs; the first level is where files keep what anchors name. */
function withoutExtensions(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")));
}

function serviceOf(name: string, service: ServiceDocument, folder: string): ComposeService {
  const { image, build, environment, command, entrypoint, depends_on: dependsOn, healthcheck, networks } = service;
  return {
    name,
    image,
    build: build && { ...build, context: isAbsolute(build.context) ? build.context : join(folder, build.context) },
    environment,
    command,
    entrypoint,
    dependsOn,
    healthcheck,
    networks,
  };
}

function invalid(path: string, line: number, what: string): AssayError {
  return new AssayError("config/invalid", `${path}:${line}: ${what.replace(/[.:]$/, "")}.`, { hint: "Correct the compose file." });
}
