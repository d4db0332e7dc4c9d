import { Command } from "commander";

export default function replayCommand(): Command {
  return new Command("replay").description("…");
}
