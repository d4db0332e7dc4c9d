summary = read_json("summary.json")
expect(isinstance(summary, dict), "summary.json is not a JSON object")
expected = {
    "requests": 122,
    "broken": 4,
    "bytes": 518317,
    "byStatus": {"200": 79, "304": 16, "404": 14, "500": 13},
    "slowestPath": "/login",
    "busiestAddress": "10.0.0.31",
}
for key, value in expected.items():
    expect_equal(summary.get(key), value, f"summary.json: {key}")
expect_equal(sorted(summary), sorted(expected), "keys of summary.json")
