def pairs_of(count, people, span):
    state, by_person = 12345, {}
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        by_person.setdefault((state >> 8) % people, []).append((state >> 3) % span)
    pairs = 0
    for seconds in by_person.values():
        seconds.sort()
        first = 0
        for index, second in enumerate(seconds):
            while second - seconds[first] > 30:
                first += 1
            pairs += index - first
    return pairs


cases = observed()
expect(isinstance(cases, list) and len(cases) >= 6, "the program ended before it could be observed")
expected = [
    ("a window of 5", {"ada": 3, "bo": 1}),
    ("a window of 0", {"ada": 1}),
    ("no visits", {}),
    ("exactly the window, in any order", {"ada": 1}),
    ("fractions of a second", {"7": 1}),
    ("visits are not changed", [["ada", 10], ["bo", 11], ["ada", 14], ["ada", 40], ["bo", 12], ["cy", 5], ["ada", 10]]),
]
for (what, wanted), found in zip(expected, cases):
    expect_equal(found.get("value"), wanted, what)
sizes = [(1000, 3, 5000), (3000, 1, 100000), (10000, 1, 100000), (50000, 2, 10), (100000, 1, 1000000), (100000, 20000, 50)]
for index, (count, people, span) in enumerate(sizes):
    expect(index + 6 < len(cases), f"{count} visits were not reached in time")
    found = cases[index + 6]
    allowed = 2 if count <= 10000 else 8
    expect(found.get("seconds", 99) <= allowed, f"{count} visits took more than {allowed} seconds")
    expect_equal(found.get("pairs"), pairs_of(count, people, span), f"pairs among {count} visits")
