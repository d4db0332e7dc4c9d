/** Interleaved rounds of a bare loop and of Assay, which make the same number of requests. The clock is the server's. */
import type { ProbedRun } from "./engine.ts";
import { median, print } from "./report.ts";
import type { Server } from "./server.ts";

export interface Sides {
  server: Server;
  /** Of each side in each round. */
  requests: number;
  rounds: number;
  bare: () => Promise<ProbedRun>;
  assay: () => Promise<ProbedRun>;
  /** Makes ready for the next round. */
  afterRound: (round: number) => Promise<void>;
  /** The smallest ratio that is good enough. */
  wanted: number;
}

interface Measured {
  /** Requests per second, from the server's first to its last request. */
  rate: number;
  /** Processor time for each request, start-up included, in milliseconds. */
  cpuMs: number;
  delayMs: { p99: number; max: number };
}

/** Prints each round but the first, which is the warm-up, then best, median and ratio. Returns what was measured of Assay. */
export async function compareRates(sides: Sides): Promise<Measured[]> {
  const rounds: { bare: Measured; assay: Measured }[] = [];
  for (let round = 0; round <= sides.rounds; round++) {
    const pair = { bare: await measured(sides, sides.bare), assay: await measured(sides, sides.assay) };
    await sides.afterRound(round);
    if (round === 0) continue;
    rounds.push(pair);
    print(
      `round ${round}: bare loop ${describe(pair.bare)} | assay ${describe(pair.assay)} | ratio ${(pair.assay.rate / pair.bare.rate).toFixed(2)}`,
    );
  }
  for (const side of ["bare", "assay"] as const) {
    const rates = rounds.map((round) => round[side].rate);
    print(
      `${side.padEnd(6)} best ${Math.max(...rates).toFixed(0)}/s, median ${median(rates).toFixed(0)}/s, ${median(rounds.map((round) => round[side].cpuMs)).toFixed(2)} ms CPU each`,
    );
  }
  const best = Math.max(...rounds.map(({ assay }) => assay.rate)) / Math.max(...rounds.map(({ bare }) => bare.rate));
  print(
    `ratio  of the bests ${best.toFixed(2)}, median of the rounds ${median(rounds.map(({ assay, bare }) => assay.rate / bare.rate)).toFixed(2)} (wanted: at least ${sides.wanted.toFixed(2)})`,
  );
  return rounds.map(({ assay }) => assay);
}

async function measured({ server, requests: wanted }: Sides, side: () => Promise<ProbedRun>): Promise<Measured> {
  await server.reset();
  const { probe } = await side();
  const { requests, elapsedMs } = await server.stats();
  if (requests !== wanted) throw new Error(`the server saw ${requests} requests`);
  return { rate: (requests / elapsedMs) * 1000, cpuMs: probe.cpuMs / requests, delayMs: probe.delayMs };
}

function describe({ rate, cpuMs, delayMs }: Measured): string {
  return `${rate.toFixed(0)}/s, ${cpuMs.toFixed(2)} ms CPU each, loop delay p99 ${delayMs.p99.toFixed(1)} max ${delayMs.max.toFixed(0)} ms`;
}
