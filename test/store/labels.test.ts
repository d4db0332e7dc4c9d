import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Label } from "../../src/core/label.ts";
import { beginLabels, openLabels, readLabels, requireLabels } from "../../src/store/labels.ts";
import { currentLabels, newLabels } from "../../src/analysis/labels/current-labels.ts";
import { LABEL_SAMPLE, temporaryFolder } from "./run-folders.ts";

const label = (value: Label["label"], labeller = "ada"): Label => ({
  trialId: "t1",
  attempt: 1,
  label: value,
  labeller,
  at: LABEL_SAMPLE.createdAt,
});

test("labels only grow, and the last of each labeller counts", async () => {
  await using run = await temporaryFolder();
  await beginLabels(run.path, LABEL_SAMPLE);
  for (const given of [[label(1)], [label(0, "bob")], [label("wrong")]]) {
    await using labels = await openLabels(run.path, "people");
    await labels.add(given);
  }
  const stored = await readLabels(run.path, "people");
  expect(stored?.labels).toEqual([label(1), label(0, "bob"), label("wrong")]);
  expect(currentLabels(stored?.labels ?? []).get("t1")).toEqual([label("wrong"), label(0, "bob")]);
  expect(newLabels([label("wrong"), label(1, "bob")], stored?.labels ?? [])).toEqual([label(1, "bob")]);
  expect(await readdir(join(run.path, "labels"))).toEqual(["people.jsonl"]);
});

test("the same draw again changes nothing, and another one of the same name is refused", async () => {
  await using run = await temporaryFolder();
  await beginLabels(run.path, LABEL_SAMPLE);
  const before = await readFile(join(run.path, "labels", "people.jsonl"), "utf8");
  const again = await beginLabels(run.path, { ...LABEL_SAMPLE, createdAt: "2026-02-02T03:04:05.000Z" });
  expect(again.sample).toEqual(LABEL_SAMPLE);
  await expect(beginLabels(run.path, { ...LABEL_SAMPLE, seed: "2" })).rejects.toMatchObject({
    code: "usage/bad-option",
    message: "--name people: there are labels of that name already, drawn otherwise (labels/people.jsonl).",
    hint: "Draw under another name: --name people-2",
  });
  expect(await readFile(join(run.path, "labels", "people.jsonl"), "utf8")).toBe(before);
});

test("a torn line is cut before more is written, and no label when read", async () => {
  await using run = await temporaryFolder();
  await beginLabels(run.path, LABEL_SAMPLE);
  const file = join(run.path, "labels", "people.jsonl");
  await writeFile(file, '{"trialId":"t1","att', { flag: "a" });
  expect((await readLabels(run.path, "people"))?.labels).toEqual([]);
  {
    await using labels = await openLabels(run.path, "people");
    await labels.add([label(1)]);
  }
  expect((await readLabels(run.path, "people"))?.labels).toEqual([label(1)]);
});

test("one process at a time adds labels; a missing name gives the nearest one, and one that leads elsewhere is refused", async () => {
  await using run = await temporaryFolder();
  await beginLabels(run.path, LABEL_SAMPLE);
  await using labels = await openLabels(run.path, "people");
  await expect(openLabels(run.path, "people")).rejects.toMatchObject({ code: "run/locked" });
  await expect(requireLabels(run.path, "peopel")).rejects.toMatchObject({ code: "run/not-found", hint: expect.stringContaining("people") });
  await expect(readLabels(run.path, "../people")).rejects.toMatchObject({ code: "usage/bad-option" });
  expect(labels.labels).toEqual([]);
});

test("a damaged file is said and not read past", async () => {
  await using run = await temporaryFolder();
  await beginLabels(run.path, LABEL_SAMPLE);
  await writeFile(join(run.path, "labels", "people.jsonl"), '{"no":"label"}\n', { flag: "a" });
  await expect(readLabels(run.path, "people")).rejects.toMatchObject({ code: "run/format" });
});
