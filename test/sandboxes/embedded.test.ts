import embedded from "../../sandboxes/embedded.ts";
import { sandboxContract } from "./contract.ts";

sandboxContract(embedded);
