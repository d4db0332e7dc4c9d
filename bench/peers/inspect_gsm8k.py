"""GSM8K through Inspect AI, 64 at once, recorded as it goes. Arguments: the data file, the API root, the log folder, the number at once."""

import json
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
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import match
from inspect_ai.solver import generate

data, base_url, log_dir, at_once = sys.argv[1:5]
form = 'End with a line of the form "#### <number>" that holds nothing but the final number.'

with open(data, encoding="utf-8") as file:
    rows = [json.loads(line) for line in file if line.strip()]
samples = [
    Sample(id=index + 1, input=f"{row['question']}\n\n{form}", target=row["answer"].split("####")[1].strip())
    for index, row in enumerate(rows)
]
logs = eval(
    Task(dataset=samples, solver=generate(), scorer=match(numeric=True)),
    model=get_model("openai-api/local/m", base_url=base_url, api_key="none"),
    display="none",
    log_dir=log_dir,
    max_connections=int(at_once),
    max_samples=int(at_once),
    temperature=0,
    max_tokens=1024,
)
if logs[0].status != "success":
    sys.exit(f"Inspect ended with {logs[0].status}: {logs[0].error}")
