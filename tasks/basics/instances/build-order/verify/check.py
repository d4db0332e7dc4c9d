expect_cases([
    ("the example", {"value": ["docs", "icons", "zlib", "core", "ui.web", "app"]}),
    ("a diamond", {"value": ["a", "b", "c", "d"]}),
    ("an empty text", {"value": []}),
    ("comments and empty lines", {"value": []}),
    ("several lines of a target", {"value": ["y", "z", "x"]}),
    ("capitals", {"value": ["A", "a", "B"]}),
    ("digits and signs", {"value": ["10", "9", "_"]}),
    ("no colon", {"error": "ValueError"}),
    ("a comma", {"error": "ValueError"}),
    ("no target", {"error": "ValueError"}),
    ("two colons", {"error": "ValueError"}),
])
cases = observed()
cycles = [("a target that depends on itself", ["a"]), ("three targets", ["a", "b", "c"]), ("a cycle that others depend on", ["p", "q"])]
for (what, names), found in zip(cycles, cases[11:14]):
    expect_equal(found.get("error"), "ValueError", what)
    words = found.get("message", "").split(" ")
    turned = [names[index:] + names[:index] for index in range(len(names))]
    expect(words in turned, f"{what}: the message is {shorten(found.get('message'))}")
expect(len(cases) == 15, "the chain of 20,000 targets was not reached in time")
expect_equal(cases[14].get("value"), [20001, "t20000", "t00000"], "a chain of 20,000 targets")
