import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { wrapWords } from "../../src/cli/terminal/wrap-words.ts";
import { runAssay } from "./run-assay.ts";

const outputSchema = z.object({
  schema: z.literal("assay/doctor@1"),
  checks: z.array(z.object({ name: z.string(), isUsable: z.boolean(), detail: z.string(), hint: z.string().optional() })),
});

async function doctor(env: Record<string, string>) {
  const { stdout, code } = await runAssay({}, ["doctor", "--json"], { env });
  expect(code).toBe(0);
  return outputSchema.parse(JSON.parse(stdout)).checks;
}

describe("assay doctor", () => {
  it("says of every part whether it can be used, in lines of at most 100 columns, with what to type", async () => {
    const env = {
      DOCKER_HOST: "unix:///nowhere/a-long-path/to/a/socket/that/is/not/there.sock",
      OPENAI_API_KEY: "",
      ANTHROPIC_API_KEY: "x",
    };
    const { stdout, code } = await runAssay({}, ["doctor"], { env });
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    const docker = lines.findIndex((line) => line.startsWith("sandbox docker "));
    expect(lines.slice(docker, docker + 5).map((line) => line.trim().replaceAll(/ +/g, " "))).toEqual([
      "sandbox docker no Docker does not answer at",
      "unix:///nowhere/a-long-path/to/a/socket/that/is/not/there.sock",
      "(ENOENT).",
      "DOCKER_HOST names that address: correct it or unset it. Start Docker,",
      "or run with --sandbox embedded.",
    ]);
    expect(stdout).toMatch(/^sandbox embedded +yes {2}built in$/m);
    expect(stdout).toMatch(/^model anthropic +yes {2}ANTHROPIC_API_KEY is set$/m);
    expect(stdout).toMatch(/^model openai +no {3}OPENAI_API_KEY is not set\.\n +export OPENAI_API_KEY=…$/m);
  });

  it("says that what answers at DOCKER_HOST is not Docker, and that an address is none", async () => {
    const server = createServer((socket) => void socket.on("error", () => {}).end("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const address = z.object({ port: z.number() }).parse(server.address());
    const host = `tcp://127.0.0.1:${address.port}`;
    const [wrong, nonsense] = await Promise.all([doctor({ DOCKER_HOST: host }), doctor({ DOCKER_HOST: "nonsense://" })]);
    server.close();
    expect(wrong.find(({ name }) => name === "sandbox docker")).toMatchObject({
      isUsable: false,
      detail: `What answers at ${host} is no Docker engine (HTTP 404).`,
      hint: expect.stringMatching(/^DOCKER_HOST names that address/),
    });
    expect(nonsense.find(({ name }) => name === "sandbox docker")).toMatchObject({
      isUsable: false,
      detail: expect.stringContaining("nonsense://"),
    });
  });

  it("does not wait for an engine that takes the call and never answers", async () => {
    const server = createServer((socket) => void socket.on("error", () => {}));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const startedAt = performance.now();
    const checks = await doctor({ DOCKER_HOST: `tcp://127.0.0.1:${port}` });
    server.close();
    expect(performance.now() - startedAt).toBeLessThan(12_000);
    expect(checks.find(({ name }) => name === "sandbox docker")?.isUsable).toBe(false);
    expect(checks.find(({ name }) => name === "sandbox embedded")?.isUsable).toBe(true);
  });
});

describe("wrapping", () => {
  it("breaks between words, and within a word that is too long", () => {
    expect(wrapWords("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrapWords("abcdefghij k", 4)).toEqual(["abcd", "efgh", "ij k"]);
    expect(wrapWords("漢字 漢字", 5)).toEqual(["漢字", "漢字"]);
    expect(wrapWords("", 5)).toEqual([""]);
  });
});
