price = function("pricing", "price")
for order in [(40, 250, "SPRING"), (40, 100), (39, 250), (41, 250), (100, 100), (99, 100), (101, 100), (250, 10, " team "), (1, 100), (0, 100), (2, 2000), (2, 1999), (-1, 100), (40, 101, "friend"), (3, 150, "NONE")]:
    report(attempt(price, *order))


def shuffled():
    pricing = importlib.import_module("pricing")
    pricing.QUANTITY[:] = [(40, 5), (100, 10)]
    return [pricing.price(count, 1000) for count in (39, 40, 100)]


report(attempt(shuffled))
