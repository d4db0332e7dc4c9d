import { describe, expect, it } from "vitest";
import { envelopeSchema, type EventFields, type EventType, type TraceEvent } from "../../src/core/trace.ts";
import { projectTrace } from "../../src/store/trace-projection.ts";

let seq = 0;
function event<T extends EventType>(type: T, fields: EventFields<T>): TraceEvent {
  seq += 1;
  return envelopeSchema.parse({ v: 1, seq, t: seq * 1.5, type, ...fields });
}

type Changes = NonNullable<EventFields<"sandbox.files">["changes"]>;

function capture(phase: "start" | "step" | "end", changes?: Changes): TraceEvent {
  return event("sandbox.files", {
    phase,
    folders: phase === "end" ? ["/work", "/"] : ["/work"],
    ...(changes && { changes }),
    durationMs: seq,
  });
}

const file = (path: string, change: Changes[number]["change"], sizeBytes = 1): Changes[number] => ({
  path,
  change,
  kind: "file",
  ...(change !== "deleted" && {
    mode: 0o644,
    sizeBytes,
    sha256: `${"0".repeat(60)}${String(sizeBytes).padStart(4, "0")}`.split("").toReversed().join(""),
  }),
});

const filesOf = (...events: TraceEvent[]): string[] => projectTrace(events).filter((line) => line.startsWith("file"));

describe("the projection of a trace", () => {
  it("keeps commands, bytes and exit codes, and drops ids, times, limits and who ran it", () => {
    const exec = {
      phase: "tool",
      call: 1,
      command: ["bash", "-c", "x"],
      exitCode: 3,
      timedOut: false,
      truncated: false,
      droppedBytes: 0,
    } as const;
    const run = (backend: string, id: string): string[] =>
      projectTrace([
        event("sandbox.start", { backend, phase: "ready", id, applied: { cpus: seq }, durationMs: seq }),
        event("wait.begin", { for: "slot", what: backend }),
        event("tool.call", { call: 1, turn: 1, id, name: "bash", input: { b: 1, a: [2] } }),
        event("sandbox.exec", {
          ...exec,
          command: ["bash", "-c", "x"],
          user: backend,
          stdout: "out\n",
          stderr: { base64: "//4=", bytes: 2 },
          durationMs: seq,
        }),
        event("score.given", { score: { name: "exact", value: 0.5, answer: "x", explanation: id }, durationMs: seq }),
      ]);
    expect(run("docker", "assay-1")).toEqual(run("embedded", "e2"));
    expect(run("docker", "assay-1")).toEqual([
      "projection 1",
      'sandbox.start {"phase":"ready"}',
      'tool.call {"call":1,"input":{"a":[2],"b":1},"name":"bash","turn":1}',
      'sandbox.exec {"call":1,"command":["bash","-c","x"],"exitCode":3,"phase":"tool","stderr":"2 bytes b3d510ef04275ca8","stdout":"4 bytes 54034ac5c6e9ea95"}',
      'score.given {"answer":"x","name":"exact","value":0.5}',
    ]);
  });

  it("tells the same bytes alike, whether an event holds them or a blob does", () => {
    const sha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    const answers = ["foo", { base64: "Zm9v", bytes: 3 }, { blob: sha256, bytes: 3, encoding: "utf8" as const }];
    const lines = answers.map((text) => projectTrace([event("answer.given", { text })])[1]);
    expect(new Set(lines)).toEqual(new Set(['answer.given {"text":"3 bytes 2c26b46b68ffc68f"}']));
  });

  it("calls folders with random names by what is not random", () => {
    const [, line] = projectTrace([
      event("tool.call", { call: 1, turn: 1, id: null, name: "x", input: "cat /tmp/verifier-0a1b2c3d4e5f/check" }),
    ]);
    expect(line).toBe('tool.call {"call":1,"input":"cat /tmp/verifier-*/check","name":"x","turn":1}');
  });

  it("keeps events of types that it does not know by their type", () => {
    expect(projectTrace([envelopeSchema.parse({ v: 1, seq: 0, t: 0, type: "snapshot.take", id: "x" })])).toEqual([
      "projection 1",
      "snapshot.take",
    ]);
  });
});

describe("the files of a projection", () => {
  it("are the same however many captures told of them", () => {
    const [a, b, c] = [file("/work/a", "created", 1), file("/work/a", "changed", 2), file("/work/b", "changed", 3)];
    const many = filesOf(capture("start"), capture("step", [a]), capture("step", [b, c]), capture("end", []));
    const one = filesOf(capture("start"), capture("end", [{ ...b, change: "created" }, c]));
    expect(many).toEqual(one);
    expect(many).toEqual([
      'file "/work/a" created file 644 2 bytes 2000000000000000',
      'file "/work/b" changed file 644 3 bytes 3000000000000000',
    ]);
  });

  it("leave out what came and went, and say what was there and is gone", () => {
    const lines = filesOf(
      capture("start"),
      capture("step", [file("/work/passing", "created"), file("/work/gone", "changed")]),
      capture("step", [file("/work/passing", "deleted"), file("/work/gone", "deleted"), file("/work/back", "deleted")]),
      capture("end", [file("/work/back", "created", 4)]),
    );
    expect(lines).toEqual(['file "/work/back" changed file 644 4 bytes 4000000000000000', 'file "/work/gone" deleted']);
  });

  it("tell a rename as a deletion and a creation, with what lies below a folder", () => {
    const renamed = { path: "/work/new", from: "/work/old", change: "renamed", kind: "folder", mode: 0o755 } as const;
    const lines = filesOf(capture("start"), capture("step", [file("/work/old/x", "created", 5)]), capture("end", [renamed]));
    expect(lines).toEqual([
      'file "/work/new" created folder 755',
      'file "/work/new/x" created file 644 5 bytes 5000000000000000',
      'file "/work/old" deleted',
    ]);
  });

  it("leave out what lies elsewhere and compiled Python", () => {
    const elsewhere = [file("/tmp/x", "created"), file("/workshop", "created"), file("/work/__pycache__/x.pyc", "created")];
    expect(filesOf(capture("start"), capture("end", elsewhere))).toEqual([]);
  });

  it("say when they are not known to the end", () => {
    const unknown = "files unknown: the last capture is missing or not whole";
    expect(filesOf(capture("start"), capture("step", [file("/work/a", "deleted")]))).toEqual(['file "/work/a" deleted', unknown]);
    expect(filesOf(capture("start"), capture("end"))).toEqual([unknown]);
    expect(filesOf()).toEqual([]);
  });
});
