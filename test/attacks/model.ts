/** A hostile model: what it writes as tool calls is answered by an observation, and the trial goes on. */
import { expect, it } from "vitest";
import { completion, standIn, type Answer } from "../models/stand-in.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn } from "../run/project.ts";
import type { AttackContext } from "./context.ts";
import { expectHarmless, HOSTILE_TEXT } from "./terminal.ts";

type Call = [name: string, input: string];

const turn = (...calls: Call[]): Answer => ({
  body: completion(
    null,
    calls.map(([name, input], index) => ({ id: `call_${index}`, name, arguments: input })),
  ),
});
const bash = (command: string): Call => ["bash", JSON.stringify({ command })];
const SUBMIT = turn(["submit", '{"answer":"1"}']);

export function modelAttacks({ name, environment }: AttackContext): void {
  async function agentTrial(script: readonly Answer[], more: readonly string[] = []) {
    await using server = await standIn(script);
    await using folder = await project({ "task.ts": countingTask({ count: 1 }) });
    const args = ["run", "-m", "openai-compatible/local", "-t", "./task.ts", "-H", "agent", "--sandbox", name, "--json"];
    const finished = await folder.assay([...args, "-o", `provider.baseURL=${server.url}`, ...more], environment);
    expectHarmless(finished.stderr);
    const run = onlyRun(finished);
    const [row] = await trialsIn(folder, run);
    if (!row) throw new Error("no trial");
    const events = await eventsOf(folder, run, row);
    const replayed = await folder.assay(["replay", run.path, row.trialId]);
    expectHarmless(replayed.stdout + replayed.stderr);
    expect(replayed.code).toBe(0);
    const results = ofType(events, "tool.result").map(({ shown, failure }) => ({ shown: typeof shown === "string" ? shown : "", failure }));
    return { row, events, results };
  }

  it("arguments of every odd kind are run as they are or refused to the model, and the trial completes", { timeout: 120_000 }, async () => {
    const calls: Call[] = [
      bash(`: ${"x".repeat(10_000_000)}; echo long`),
      ["bash", '{"command":"echo \\ud800 half \\udc00"}'],
      ["bash", '{"command":"echo hi","__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}'],
      ["__proto__", '{"command":"echo never"}'],
      ["constructor", '{"command":"echo never"}'],
      [`ba${HOSTILE_TEXT}sh`, '{"command":"echo never"}'],
      ["bash", '{"command":"echo a\\u0000b; echo c"}'],
      ["bash", '{"command":["echo","never"]}'],
      ["bash", '{"command":"echo fine","timeoutSeconds":-1}'],
      ["bash", '{"command":"echo fine","timeoutSeconds":1e308}'],
      ["bash", `{"command":"echo ${"\\u001b]0;ATTACK\\u0007".repeat(3)}"}`],
      ["bash", `${"[".repeat(20_000)}${"]".repeat(20_000)}`],
      ["bash", `{"command":${"[".repeat(20_000)}${"]".repeat(20_000)}}`],
      ["text_editor", '{"command":"view","path":"../../../../../../../../etc/passwd\\u0000.txt"}'],
      ["text_editor", '{"command":"create","path":"/etc/ld.so.preload","file_text":"x"}'],
      ["text_editor", `{"command":"create","path":${JSON.stringify(HOSTILE_TEXT.replaceAll("\0", ""))},"file_text":"x"}`],
      bash("ls /etc/ld.so.preload; echo last"),
    ];
    const { row, results } = await agentTrial([...calls.map((call) => turn(call)), SUBMIT]);
    expect(row).toMatchObject({ status: "completed", toolCalls: calls.length + 1, scores: [{ value: 1 }] });
    expect(results.filter(({ shown }) => shown.includes("never") && !shown.includes("not"))).toEqual([]);
    expect(results[2]?.shown).toContain("hi");
    expect(results.slice(3, 6).map(({ failure }) => failure)).toEqual(["unknown-tool", "unknown-tool", "unknown-tool"]);
    expect(results[6]?.shown).not.toBe("ab\nc\n");
    expect(results[14]?.failure).toBe("denied");
    expect(results[16]?.shown).toMatch(/last[^]*cannot access/);
  });

  it(
    "10,000 tool calls in one reply are run up to the limit of calls, which is how the trial then ends",
    { timeout: 120_000 },
    async () => {
      const calls = Array.from({ length: 10_000 }, (_, index): Call => (index % 2 === 0 ? bash("true") : ["nothing", "{}"]));
      const { row, events } = await agentTrial([turn(...calls), SUBMIT], ["-o", "limits.toolCalls=60"]);
      expect(row).toMatchObject({ status: "limit", limit: "toolCalls", toolCalls: 60 });
      expect(ofType(events, "sandbox.exec").filter(({ phase }) => phase === "tool").length).toBeLessThanOrEqual(60);
    },
  );

  it(
    "an edit tool writes nothing that the sandbox's user may not, not even while a folder is swapped for a link",
    { timeout: 120_000 },
    async () => {
      const swap = `mkdir -p d; ln -sfn /usr/local/sbin link
python3 -c '
import ctypes, time
libc = ctypes.CDLL(None)
while True:
    libc.renameat2(-100, b"d", -100, b"link", 2)
    time.sleep(0.008)' >/dev/null 2>&1 &`;
      const create = (index: number): Call => [
        "text_editor",
        JSON.stringify({ command: "create", path: `d/planted${index}`, file_text: "#!/bin/sh\n" }),
      ];
      const edits = Array.from({ length: 40 }, (_, index) => create(index));
      const { results } = await agentTrial([turn(bash(swap)), turn(...edits), turn(bash("ls /usr/local/sbin; echo over")), SUBMIT]);
      expect(results.at(-2)?.shown).toBe("over\n[exit code 0]");
    },
  );
}
