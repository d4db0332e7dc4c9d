import { describe } from "vitest";
import { canUseSsh, dockerOverSsh } from "../engines/ssh-suite.ts";
import { attackSuite } from "./suite.ts";

describe.runIf(await canUseSsh())("attacks on docker over SSH", () => {
  const { definition, environment } = dockerOverSsh();
  attackSuite(definition, { environment });
});
