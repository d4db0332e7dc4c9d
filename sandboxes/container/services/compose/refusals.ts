/** Why a part of a compose file is refused, in words that say where it stands. */
import { isNode, type Document, type LineCounter } from "yaml";
import type { z } from "../../../../src/index.ts";
import { NO_VARIABLES } from "./literal.ts";

const NO_HOST = "no file or device of the host gets into a sandbox";
const LIMITS = "a service's limits are Assay's own";

/** Of keys that many files have. */
const REASONS = new Map<string, string>([
  ["volumes", `${NO_HOST}, and what a service writes ends with its trial`],
  ["configs", NO_HOST],
  ["secrets", NO_VARIABLES],
  ["env_file", `${NO_HOST}; write the variables under environment`],
  ["devices", NO_HOST],
  ["extra_hosts", "the only names are those of the services"],
  ["ports", "nothing reaches a sandbox from outside; its services reach one another without it"],
  ["network_mode", "name networks instead"],
  ["privileged", "a service has no more rights than the engine's usual ones"],
  ["cap_add", "a service has no more rights than the engine's usual ones"],
  ["security_opt", "a service has no more rights than the engine's usual ones"],
  ["restart", "a service that ends stays ended, and the trace says so"],
  ["deploy", LIMITS],
  ["mem_limit", LIMITS],
  ["cpus", LIMITS],
  ["pids_limit", LIMITS],
  ["container_name", "a service is reached by its own name"],
  ["driver", "each trial has networks of its own"],
  ["driver_opts", "each trial has networks of its own"],
  ["external", "each trial has networks of its own"],
  ["include", "write all services in one file"],
  ["extends", "write the service out"],
]);

const UNKNOWN = "docs/sandboxes.md#services lists what is";

/** A zod issue, or one of our own. */
export interface Refusal {
  path: readonly PropertyKey[];
  message: string;
}

/** The first refusal of a failed parse. */
export function refusalOf({ issues: [issue] }: z.ZodError): Refusal {
  if (!issue) return { path: [], message: "cannot be read" };
  return deepest(issue, issue.path);
}

type Issue = z.core.$ZodIssue;

/** Of a union the alternative that fits best: the one that did not fail at its very beginning. */
function deepest(issue: Issue, path: readonly PropertyKey[]): Refusal {
  if (issue.code === "invalid_union") {
    const alternatives = issue.errors.flatMap(([first]) => (first ? [first] : []));
    const best = alternatives.find((first) => first.path.length > 0 || first.code !== "invalid_type");
    if (best) return deepest(best, [...path, ...best.path]);
    const expected = alternatives.flatMap((first) => (first.code === "invalid_type" ? [first.expected] : []));
    return { path, message: `must be ${expected.map((type) => TYPES.get(type) ?? type).join(" or ")}` };
  }
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return { path: [...path, key], message: `is not supported: ${REASONS.get(key) ?? UNKNOWN}` };
  }
  if (issue.code === "invalid_key") return { path, message: issue.issues[0]?.message ?? issue.message };
  if (issue.code === "invalid_type") return { path, message: `must be ${TYPES.get(issue.expected) ?? issue.expected}` };
  if (issue.code === "invalid_value")
    return { path, message: `must be ${issue.values.map(String).join(" or ")}; others are not supported` };
  return { path, message: issue.message };
}

const TYPES = new Map([
  ["record", "a map"],
  ["object", "a map"],
  ["array", "a list"],
  ["string", "a text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["null", "empty"],
]);

/** `services.db.volumes`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.map(String).join(".") || "the file";
}

/** Where the last part of `path` that is there begins, from line 1. */
export function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const start = isNode(node) ? node.range?.[0] : undefined;
    if (start !== undefined) return lines.linePos(start).line;
  }
  return 1;
}
