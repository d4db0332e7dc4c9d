/** An inspected task as lines for people. */
import { networkText } from "../../core/allow-list.ts";
import type { Inspected, InspectedTask } from "../../run/inspect.ts";
import { styled, type Line } from "../terminal/line.ts";
import { messageLines } from "../terminal/messages.ts";
import { countOf, countText } from "../terminal/quantities.ts";
import { padEndColumns } from "../terminal/width.ts";

const LABEL_COLUMNS = 12;

export function inspectedLines({ suites, tasks }: Inspected): Line[] {
  const heads = suites.flatMap((suite): Line[] => [
    [styled(suite.name, "bold"), `  ${suite.description}`],
    field("aggregate", suite.aggregation),
    field("tasks", suite.members.join(", ")),
    [],
  ]);
  return [...heads, ...tasks.flatMap((task, index) => [...(index > 0 ? [[]] : []), ...taskLines(task)])];
}

export function formattedLines({ tasks }: Inspected): Line[] {
  return tasks.flatMap((task) => task.instance.messages.flatMap((message) => messageLines(message)));
}

/** The counts are estimates, and say so. */
export function tokenLines({ tasks }: Inspected): Line[] {
  return tasks.flatMap(({ spec, instances, tokensEstimate, instance }): Line[] => [
    [styled(spec, "bold"), "  estimates at four characters a token, first calls only, tools included"],
    field("all", `${countText(tokensEstimate.total)} in ${countOf(instances, "instance")}`),
    field("each", `${countText(tokensEstimate.least)} to ${countText(tokensEstimate.most)}, median ${countText(tokensEstimate.median)}`),
    field(instance.id, countText(instance.tokensEstimate)),
  ]);
}

function field(label: string, text: string): Line {
  return [styled(`  ${padEndColumns(label, LABEL_COLUMNS)}`, "dim"), ` ${text}`];
}

function taskLines(task: InspectedTask): Line[] {
  const { harness, instance } = task;
  return [
    [styled(task.spec, "bold"), `  ${task.description}`],
    field("version", String(task.version)),
    field("instances", `${countText(task.instances)}, ${countOf(task.epochs, "epoch")}`),
    field("data", sourceText(task.source)),
    ...(Object.keys(task.settings).length > 0 ? [field("settings", pairs(task.settings))] : []),
    field("sampling", pairs(task.sampling) || "the model's own defaults"),
    field("limits", pairs(task.limits)),
    field(
      "harness",
      `${harness.name}: scaffold ${harness.scaffold}, ${harness.tools.length > 0 ? `tools ${harness.tools.join(", ")}` : "no tools"}`,
    ),
    ...sandboxLines(task),
    field(
      "scorers",
      task.scorers
        .map(({ name, sandbox }) =>
          sandbox === "none" ? name : `${name} (in ${sandbox === "trial" ? "the trial's own" : "a fresh"} sandbox)`,
        )
        .join(", "),
    ),
    field(
      "metrics",
      task.metrics.map(({ name, direction }) => `${name} (${direction}${name === task.primaryMetric ? ", primary" : ""})`).join(", "),
    ),
    ...task.variants.map(({ name, description }, index) => field(index === 0 ? "variants" : "", `:${name}  ${description}`)),
    [],
    [
      styled(`Instance ${instance.id}`, "bold"),
      styled(
        `, about ${countText(instance.tokensEstimate)} tokens${instance.hasReference ? "" : ", without a reference solution"}${instance.files.length > 0 ? `, files ${instance.files.join(", ")}` : ""}`,
        "dim",
      ),
    ],
    ...instance.messages.flatMap((message) => messageLines(message)),
  ];
}

function sourceText(source: InspectedTask["source"]): string {
  if (source === null) return "its own";
  if (typeof source === "string") return source;
  if ("file" in source) return source.file;
  if ("outputs" in source) return `the questions of ${source.outputs}`;
  return [`hf://${source.dataset}`, source.config, source.split, source.revision].filter((part) => part !== undefined).join(" · ");
}

function sandboxLines({ sandbox }: InspectedTask): Line[] {
  if (!sandbox) return [field("sandbox", "none")];
  const { image, dockerfile, compose, network, cpus, memoryMiB, user, needs } = sandbox.spec;
  const parts = [
    `${sandbox.backend}, ${sandbox.isPerTrial ? "one a trial" : "for scorers only"}`,
    image && `image ${image}`,
    dockerfile && `dockerfile ${dockerfile}`,
    compose && `compose ${compose}`,
    `network ${networkText(network)}`,
    `${cpus} CPUs`,
    `${countText(memoryMiB)} MiB`,
    user && `user ${user}`,
  ];
  return [
    field("sandbox", parts.filter((part) => part !== undefined).join(", ")),
    ...(needs.length > 0 ? [field("needs", needs.join(", "))] : []),
  ];
}

function pairs(record: Readonly<Record<string, unknown>>): string {
  return Object.entries(record)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}
