expect_equal(
    read_json("service.json"),
    {
        "name": "ingest",
        "port": 8080,
        "metricsPort": 9100,
        "logLevel": "warning",
        "idleTimeoutSeconds": 120,
        "retryDelaySeconds": 0.25,
        "homepage": "https://example.org//ingest",
        "workers": [
            {"name": "parse", "threads": 6, "enabled": True, "pollSeconds": 15},
            {"name": "index", "threads": 4, "enabled": True},
            {"name": "mail", "threads": 1, "enabled": False},
        ],
        "tags": ["prod", "it's", "eu-west"],
    },
    "service.json",
)
workers = read_json("service.json")["workers"]
expect(all(type(worker["enabled"]) is bool for worker in workers), "a worker's enabled is not true or false")
