"""Trials of Inspect AI's react agent whose model runs one command again and again in Docker.

Arguments: the image, the number of trials, of tool calls in each, at once, and a folder for the logs.
"""

import pathlib
import sys

# Token counts come with a vocabulary that would be downloaded: a stand-in is kinder to Inspect, and needs no network.
try:
    import tiktoken

    class Encoding:
        def encode(self, text, **_):
            return [0] * (len(text) // 4)

        encode_ordinary = encode

    tiktoken.get_encoding = lambda _: Encoding()
    tiktoken.encoding_for_model = lambda _: Encoding()
except ImportError:
    pass

from inspect_ai import Task, eval
from inspect_ai.agent import react
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import includes
from inspect_ai.tool import bash
from inspect_ai.util._sandbox.docker import prereqs

# It refuses older engines, although all that is used here works with them.
prereqs.DOCKER_ENGINE_REQUIRED_VERSION = "20.10.0"

image, trials, calls, at_once, folder = sys.argv[1], *map(int, sys.argv[2:5]), pathlib.Path(sys.argv[5])
folder.mkdir(parents=True, exist_ok=True)
compose = folder / "compose.yaml"
compose.write_text(
    f"services:\n  default:\n    image: {image}\n    init: true\n    command: tail -f /dev/null\n    network_mode: none\n    x-local: true\n"
)


def play(messages, tools, tool_choice, config):
    done = sum(message.role == "assistant" for message in messages)
    if done < calls:
        return ModelOutput.for_tool_call("mockllm/model", "bash", {"command": "/bin/true"})
    return ModelOutput.for_tool_call("mockllm/model", "submit", {"answer": "done"})


logs = eval(
    Task(
        dataset=[Sample(id=index + 1, input="Run the command.", target="done") for index in range(trials)],
        solver=react(tools=[bash(timeout=60)]),
        scorer=includes(),
        sandbox=("docker", str(compose)),
    ),
    model=get_model("mockllm/model", custom_outputs=play),
    display="none",
    log_dir=str(folder / "logs"),
    max_samples=at_once,
    max_sandboxes=at_once,
)
if logs[0].status != "success":
    sys.exit(f"Inspect ended with {logs[0].status}: {logs[0].error}")
