import { expect, test } from "vitest";
import { citedStatements } from "../../../src/scoring/judging/cited-statements.ts";

const found = (answer: string, passages: string[] = ["1", "2", "3"]) =>
  citedStatements(answer, passages).map(({ text, cited }) => [text, ...cited]);

test("each sentence is a statement with what it cites, wherever the bracket stands", () => {
  expect(found("Ice floats [1]. Lead sinks.[2] Oil floats, too. [1, 3] Why? Nobody says [note].")).toEqual([
    ["Ice floats [1].", "1"],
    ["Lead sinks.[2]", "2"],
    ["Oil floats, too. [1, 3]", "1", "3"],
    ["Why?"],
    ["Nobody says [note]."],
  ]);
});

test("lines are apart, and what only cites or decorates is no statement", () => {
  expect(found("# Ice\n- It floats [1][2][1]\n\n[3] Lead sinks\n---\n[2]\n")).toEqual([
    ["# Ice"],
    ["- It floats [1][2][1]", "1", "2"],
    ["[3] Lead sinks", "3"],
  ]);
});

test("a number that names no passage is a citation of something that is not there, a word is none", () => {
  expect(found("It floats [7]. It sinks [x, 1]. It melts [smith 2020].", ["1", "smith 2020"])).toEqual([
    ["It floats [7].", "7"],
    ["It sinks [x, 1]."],
    ["It melts [smith 2020].", "smith 2020"],
  ]);
});
