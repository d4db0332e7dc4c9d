# Put before an instance's observe.py. It runs the agent's code and writes down what it did; it knows no expected
# result, so that code which looks around in it, ends the process or writes the file itself gains nothing.
import importlib
import json
import sys

sys.dont_write_bytecode = True
# Compiled files of the agent's time may be stale: Python compares seconds and sizes only.
sys.pycache_prefix = "/tmp/no-bytecode"
sys.path.insert(0, ".")

OBSERVED_PATH = sys.argv[1]
sys.argv = sys.argv[:1]
observations = []


def attempt(call, *arguments, **options):
    """What a call gives: {"value": …} or {"error": the exception's type name}."""
    try:
        return {"value": call(*arguments, **options)}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


def function(module, name):
    """A function of the agent's module; where there is none, one that raises."""
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:
        missing = error

        def failing(*_arguments, **_options):
            raise missing

        return failing


def report(observation):
    observations.append(observation)
    with open(OBSERVED_PATH, "w", encoding="utf-8") as target:
        json.dump(observations, target, default=repr)
