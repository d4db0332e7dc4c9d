import { Command } from "commander";

export default function inspectCommand(): Command {
  return new Command("inspect").description("…");
}
