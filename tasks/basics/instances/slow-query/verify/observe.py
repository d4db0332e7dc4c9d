from time import perf_counter

close_visits = function("visits", "close_visits")
sample = [("ada", 10), ("bo", 11), ("ada", 14), ("ada", 40), ("bo", 12), ("cy", 5), ("ada", 10)]
report(attempt(close_visits, sample, 5))
report(attempt(close_visits, sample, 0))
report(attempt(close_visits, [], 5))
report(attempt(close_visits, [("ada", 3), ("ada", -2), ("bo", 1)], 5))
report(attempt(close_visits, [(7, 1.5), (7, 1.0), (8, 1)], 0.5))
report({"value": sample})


def many(count, people, span):
    state, made = 12345, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        made.append((f"p{(state >> 8) % people}", (state >> 3) % span))
    return made


# From small to large, so that a slow answer is found out early.
for count, people, span in [(1000, 3, 5000), (3000, 1, 100000), (10000, 1, 100000), (50000, 2, 10), (100000, 1, 1000000), (100000, 20000, 50)]:
    visits = many(count, people, span)
    began = perf_counter()
    result = attempt(close_visits, visits, 30)
    seconds = perf_counter() - began
    total = sum(result["value"].values()) if isinstance(result.get("value"), dict) else None
    report({"count": count, "pairs": total, "seconds": seconds})
    if seconds > (2 if count <= 10000 else 8):
        break
