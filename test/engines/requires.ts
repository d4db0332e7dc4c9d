/** Says which engine a test file needs: without it the tests are skipped aloud, or fail where they must not be skipped. */
import type { SandboxDefinition } from "../../src/index.ts";

/**
 * Whether the tests of a backend can run here. Without its engine: false and a line that says why and what to do;
 * with ASSAY_REQUIRE_ENGINES=1 an error, so that a CI machine cannot pass by skipping.
 */
export async function hasEngine(definition: SandboxDefinition, howToStart: string): Promise<boolean> {
  const availability = await definition.availability();
  if (availability.isAvailable) return true;
  const message = `${availability.reason} To run the tests of the ${definition.name} sandbox: ${howToStart}`;
  if (process.env["ASSAY_REQUIRE_ENGINES"] === "1") throw new Error(message);
  console.warn(`SKIPPED: ${message} (ASSAY_REQUIRE_ENGINES=1 makes this a failure.)`);
  return false;
}
