/** Which environment variables hold secrets. Their values never reach a run folder, an error or a terminal. */

const SECRET_NAME = /key|token|secret|password|credential|authorization/i;

/** Shorter values are ordinary words, and taking them out would mangle texts. */
export const SHORTEST_SECRET = 8;

/** Whether a variable's name says that its value is secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Values of the variables whose names say that they are secret. */
export function secretsIn(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = ""]) =>
    isSecretName(name) && value.length >= SHORTEST_SECRET ? [value] : [],
  );
}
