expect_cases([
    ("items below 5, ties by name", {"value": ["screw", "dowel", "anchor", "hinge"]}),
    ("nothing is below 0", {"value": []}),
    ("only the empty one is below 1", {"value": ["screw"]}),
    ("no items", {"value": []}),
    ("ties in alphabetical order", {"value": ["c", "a", "b"]}),
    ("fractions", {"value": ["half"]}),
    ("levels are not changed", {"value": {"screw": 0, "anchor": 4, "hinge": 4, "bracket": 5, "dowel": 3}}),
])
