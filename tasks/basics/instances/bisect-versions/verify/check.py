expect_equal(read("answer.txt").strip(), "v12", "answer.txt")
orders = [(40, 250, "SPRING"), (40, 100), (39, 250), (41, 250), (100, 100), (99, 100), (101, 100), (250, 10, " team "), (1, 100), (0, 100), (2, 2000), (2, 1999), (-1, 100), (40, 101, "friend"), (3, 150, "NONE")]
values = [8550, 4290, 9750, 9738, 9000, 9405, 9090, 2403, 590, 0, 4000, 4488, None, 4137, 940]
expect_cases(
    [(f"price{order}", {"error": "ValueError"} if value is None else {"value": value}) for order, value in zip(orders, values)]
    + [("a table in another order", {"value": [39000, 38000, 90000]})]
)
