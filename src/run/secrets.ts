/** Which environment variables hold secrets. Their values never reach a run folder. */

const SECRET_NAME = /key|token|secret|password|credential|authorization/i;

/** Shorter values would take harmless words out of every trace. */
const SHORTEST_SECRET = 8;

/** Values of the variables whose names say that they are secret. */
export function secretsIn(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment)
    .filter(([name, value]) => SECRET_NAME.test(name) && (value?.length ?? 0) >= SHORTEST_SECRET)
    .map(([, value]) => value ?? "");
}
