import { expect, it } from "vitest";
import { parseRecipe } from "../../../sandboxes/modal/dockerfile.ts";

it("puts what ends in a RUN into a layer, and what follows the last one too", () => {
  const text = `# a comment
FROM debian:bookworm-slim
ENV A=1 \\
    # in between
    B=2
WORKDIR /work
RUN one && \\
  two
RUN three
USER agent
`;
  expect(parseRecipe(text, "Dockerfile")).toEqual({
    from: "debian:bookworm-slim",
    layers: [["ENV A=1 \\\n    B=2", "WORKDIR /work", "RUN one && \\\n  two"], ["RUN three"], ["USER agent"]],
  });
});

it("keeps all in one layer where an argument or a shell would end with its own", () => {
  expect(parseRecipe("FROM a\nARG V=1\nRUN echo $V\nRUN two\n", "Dockerfile").layers).toEqual([["ARG V=1", "RUN echo $V", "RUN two"]]);
});

it("puts arguments into FROM, and leaves a platform and a stage's name out", () => {
  expect(parseRecipe('ARG TAG="3.12"\nARG KIND=slim\nFROM --platform=linux/amd64 python:${TAG}-$KIND AS base\n', "x")).toEqual({
    from: "python:3.12-slim",
    layers: [],
  });
});

it("keeps a here-document whole", () => {
  const text = "FROM a\nRUN <<END\n# no comment\necho one\nEND\nRUN two\n";
  expect(parseRecipe(text, "Dockerfile").layers).toEqual([["RUN <<END\n# no comment\necho one\nEND"], ["RUN two"]]);
});

it("takes files of other images and of addresses", () => {
  const text = "FROM a\nCOPY --chown=1 --from=b:1 /x /y\nADD https://example.org/x /z\n";
  expect(parseRecipe(text, "Dockerfile").layers).toHaveLength(2);
});

it.each([
  ["COPY . /app", "COPY of files beside it cannot be built on Modal, which is not sent them."],
  ["copy --chown=1 x /y", "COPY of files beside it cannot be built on Modal, which is not sent them."],
  ["ADD data.tar /", "ADD of files beside it cannot be built on Modal, which is not sent them."],
  ["FROM b", "a second FROM cannot be built on Modal."],
])("refuses %s with its line", (instruction, reason) => {
  expect(() => parseRecipe(`FROM a\n\n${instruction}\n`, "box/Dockerfile")).toThrow(`Dockerfile "box/Dockerfile", line 3: ${reason}`);
});

it("refuses a file without FROM", () => {
  expect(() => parseRecipe("RUN x\n", "Dockerfile")).toThrow("there is no FROM.");
});
