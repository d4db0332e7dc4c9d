/** The checks of the documentation see what they are there for. */
import { describe, expect, test } from "vitest";
import { commandLines, splitCommands, whyRefused } from "../../scripts/docs/commands.ts";
import { fencesOf } from "../../scripts/docs/fences.ts";
import { brokenLinks, headingIds } from "../../scripts/docs/links.ts";
import { typeErrors } from "../../scripts/docs/types.ts";

describe("blocks", () => {
  test("know their language, file, needs, line and text", () => {
    const page = "# Title\n\n```ts file=a.ts\nconst a = 1;\n```\n\n- item\n\n  ~~~~sh needs=server\n  ~~~\n  assay run\n  ~~~~\n";
    expect(fencesOf("page.md", page)).toEqual([
      { page: "page.md", line: 3, language: "ts", file: "a.ts", needs: undefined, text: "const a = 1;\n" },
      { page: "page.md", line: 9, language: "sh", file: undefined, needs: "server", text: "~~~\nassay run\n" },
    ]);
  });

  test("that do not type-check are found, with page and line", { timeout: 60_000 }, async () => {
    const bad = {
      page: "docs/page.md",
      line: 10,
      language: "ts",
      file: undefined,
      needs: undefined,
      text: 'import { defineTool } from "assay";\n\ndefineTool({ nam: 1 });\n',
    };
    const [first] = await typeErrors([bad]);
    expect(first).toMatch(/^docs\/page\.md:13: error TS\d+: .*'nam'/);
  });
});

describe("links", () => {
  test("of headings are made as GitHub makes them", () => {
    expect([...headingIds("# A tool, `bash`!\n## Same\n## Same\n```\n# no\n```\n### [Link](x.md) & more\n")]).toEqual([
      "a-tool-bash",
      "same",
      "same-1",
      "link--more",
    ]);
  });

  test("that hold are no problem", () => {
    expect(brokenLinks("docs/errors.md")).toEqual([]);
  });
});

describe("commands", () => {
  test("are taken out of shell blocks", () => {
    const block = { page: "", line: 1, file: undefined, needs: undefined };
    const text =
      "npm ci && npx assay run -m 'mock/oracle?accuracy=0.7&seed=1' \\\n  -t basics # a note\nKEY=x assay list tasks | head\necho assay run\n";
    expect(commandLines({ ...block, language: "sh", text })).toEqual([
      ["run", "-m", "mock/oracle?accuracy=0.7&seed=1", "-t", "basics"],
      ["list", "tasks"],
    ]);
    expect(commandLines({ ...block, language: "console", text: "$ assay config\nassay printed\n" })).toEqual([["config"]]);
    expect(splitCommands("assay run --resume runs/<run id>")).toEqual([["assay", "run", "--resume", "runs/<run id>"]]);
  });

  test.each([
    ["a command", "rnu", "there is no command rnu"],
    ["an option", "run --modle x", "error: unknown option '--modle'\n(Did you mean --model?)"],
    ["a task", "run -m mock/oracle -t basic", 'There is no task or suite "basic".'],
    ["a variant", "run -m mock/oracle -t gsm8k:9shot", 'Task gsm8k has no variant "9shot".'],
    ["a provider", "run -m opnai/x -t basics", 'There is no provider "opnai".'],
    ["a setting", "run -m mock/oracle -t basics -o limit.turns=1", '-o limit.turns=…: there is no setting "limit.turns".'],
    ["a file that no page shows", "run -m mock/oracle -t ./other.ts", "no page shows the file ./other.ts"],
    ["a kind of listing", "list taskz", 'There is no list "taskz".'],
  ])("that name %s wrongly are refused", async (_what, line, why) => {
    expect(await whyRefused(line.split(" "), new Set(["mine.ts"]))).toEqual(why);
  });

  test.each([
    "run -m mock/oracle -t ./mine.ts:x -n 2 -o limits.turns=1",
    "list tasks --json",
    "--version",
    "sandbox prune",
    "replay runs/x --json",
  ])("such as %s are taken", async (line) => {
    expect(await whyRefused(line.split(" "), new Set(["mine.ts"]))).toBeUndefined();
  });
});
