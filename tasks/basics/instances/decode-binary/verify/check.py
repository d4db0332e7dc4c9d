def reading(time, sensor, celsius, humidity):
    return {"time": time, "sensor": sensor, "celsius": celsius, "humidity": humidity}


def file(station, readings, notes, damaged, truncated):
    return {"value": {"station": station, "readings": readings, "notes": notes, "damaged": damaged, "truncated": truncated}}


expected = [
    ("the example", file("Säntis", [reading(1700000000, 1, -5.25, 81), reading(1700000600, 2, 12.05, None), reading(1700100005, 1, -0.01, None)], ["wind vane iced"], 1, False)),
    ("no name and no records", file("", [], [], 0, False)),
    ("a long note, an unknown type, a damaged base time", file("A", [reading(4294967295 + 65535, 255, -327.68, 0)], ["é" * 150], 1, False)),
    ("readings of a wrong length, text that is not UTF-8, no check at the end", file("B", [], ["\ufffdok\ufffd", ""], 2, True)),
    ("an end in the middle of a length", file("C", [], ["note"], 0, True)),
    ("an end after the type", file("D", [], [], 0, True)),
    ("a long record of an unknown type", file("E", [reading(51, 1, 1.0, 50)], [], 1, False)),
    ("a base time without its check", file("F", [], [], 0, True)),
]
found = observed()
expect(isinstance(found, list), "the program ended before it could be observed")
for index, (what, wanted) in enumerate(expected):
    expect(index < len(found), f"{what}: the program ended before this case")
    value = found[index].get("value")
    # 12.05 may also have been reached by a multiplication.
    for item in value.get("readings", []) if isinstance(value, dict) else []:
        if isinstance(item, dict) and isinstance(item.get("celsius"), float):
            item["celsius"] = round(item["celsius"], 6)
    expect_equal(found[index], wanted, what)
for index, what in enumerate(["an empty file", "version 2", "a name that is cut off", "a base time that is cut off", "another first letter"], len(expected)):
    expect(index < len(found), f"{what}: the program ended before this case")
    expect_equal(found[index].get("error"), "ValueError", what)
