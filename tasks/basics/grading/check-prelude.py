# Put before an instance's check.py. Nothing of the agent's runs in this process: it reads files and what was observed.
import json
import sys


def observed():
    """What observe.py or observe.sh wrote down: a list of observations, or text."""
    with open(sys.argv[1], encoding="utf-8", errors="replace") as source:
        text = source.read()
    try:
        return json.loads(text)
    except ValueError:
        return text


def read(path):
    """A text file of the work folder; a missing or unreadable one fails the verification."""
    try:
        with open(path, encoding="utf-8", newline="") as source:
            return source.read()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path} cannot be read: {error}")


def read_json(path):
    try:
        return json.loads(read(path))
    except ValueError as error:
        fail(f"{path} is not JSON: {error}")


def fail(reason):
    print(reason)
    raise SystemExit(1)


def expect(condition, reason):
    if not condition:
        fail(reason)


def expect_equal(actual, expected, what):
    if actual != expected:
        fail(f"{what}: expected {shorten(expected)}, found {shorten(actual)}")


def expect_cases(expected):
    """Compares the observations, one by one, with pairs of (what, observation)."""
    actual = observed()
    if not isinstance(actual, list):
        fail("the program ended before it could be observed")
    for index, (what, wanted) in enumerate(expected):
        if index >= len(actual):
            fail(f"{what}: the program ended before this case")
        found = actual[index]
        if "error" in wanted and isinstance(found, dict):
            found = {"error": found.get("error")} if "error" in found else found
        expect_equal(found, wanted, what)


def shorten(value):
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "…"
