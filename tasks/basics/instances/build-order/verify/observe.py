build_order = function("order", "build_order")
for text in [
    "app: core ui.web\nui.web: core icons # drawn\ncore: zlib\ndocs:\n",
    "b: a\nc: a\nd: b c\n",
    "", "# nothing\n\n  \n", "x : y  y\nx: z\n\tz:\n", "B: a\nA:\n", "9:\n10:\n_:\n",
    "a b\n", "a: b,c\n", ": b\n", "a: b: c\n",
]:
    report(attempt(build_order, text))
for text in ["a: a\n", "a: b\nb: c\nc: a\nd: a\na: e\n", "x: p\np: q\nq: p\nz:\n"]:
    report(attempt(build_order, text))
chain = "\n".join(f"t{i:05}: t{i + 1:05}" for i in range(20000))
result = attempt(build_order, chain)
value = result.get("value")
report({"value": [len(value), value[0], value[-1]] if isinstance(value, list) and value else str(result)[:200]})
