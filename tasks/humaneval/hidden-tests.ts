/** Runs a HumanEval solution with its hidden tests in a sandbox that the agent never had. */
import { assembleHumanEval, defineScorer, pythonTests, type HumanEvalProblem } from "../../src/index.ts";

export const SOLUTION_FILE = "solution.py";

export interface HumanEvalData extends HumanEvalProblem {
  answerIn: "reply" | "file";
}

const name = "tests";
const fromReply = pythonTests<HumanEvalData>({ name, program: (reply, { data }) => assembleHumanEval(data, reply) });
const fromFile = pythonTests<HumanEvalData>({ name, program: (file, { data }) => `${file}\n${data.test}\ncheck(${data.entry_point})` });

/** Passes where the program of the solution and its tests runs to its end. Without a sandbox of the agent's own the reply is the solution. */
export const hiddenTests = defineScorer<HumanEvalData>({
  name,
  sandbox: "fresh",
  async score(input) {
    const { instance, sandbox } = input;
    if (instance.data.answerIn === "reply" || !sandbox) return fromReply.score(input);
    const found = await sandbox.exec(["cat", SOLUTION_FILE], { cwd: sandbox.workdir, maxOutputBytes: 1024 ** 2, signal: input.signal });
    if (found.exitCode !== 0) return { value: 0, answer: null, explanation: `There is no ${SOLUTION_FILE} in the work folder.` };
    return fromFile.score({ ...input, output: new TextDecoder().decode(found.stdout) });
  },
});
