reorder_list = function("stock", "reorder_list")
levels = {"screw": 0, "anchor": 4, "hinge": 4, "bracket": 5, "dowel": 3}
report(attempt(reorder_list, levels, 5))
report(attempt(reorder_list, levels, 0))
report(attempt(reorder_list, levels, 1))
report(attempt(reorder_list, {}, 3))
report(attempt(reorder_list, {"b": 1, "a": 1, "c": 0}, 2))
report(attempt(reorder_list, {"half": 1.5, "full": 2.0}, 2))
report({"value": levels})
