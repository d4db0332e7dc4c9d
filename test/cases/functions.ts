/** Every name of the case tables that something of ours answers. A name that is missing here is a function still to be made. */
import type { CaseFunction } from "./adapt.ts";
import { extraction } from "./extraction.ts";
import { judges } from "./judges.ts";
import { statistics } from "./statistics.ts";

export const functions: Record<string, CaseFunction> = { ...statistics, ...judges, ...extraction };
