lines = [(2, 150), (1, 99)]
invoices = [("a", lines), ("b", [(1, 1000)])]
report(attempt(function("billing.totals", "invoice_total"), lines))
report(attempt(function("billing.totals", "get_total_tax"), lines, 20))
report(attempt(function("billing.report", "summary"), invoices))
report(attempt(function("billing.report", "largest"), invoices))
run = function("billing.actions", "run")
report(attempt(run, "get_total", lines))
report(attempt(run, "get_total_tax", lines, 20))
report(attempt(run, "invoice_total", lines))
exported = function("billing.plugins", "exported")
report(attempt(lambda: sorted(exported())))
report(attempt(lambda: exported()["invoice_total"](lines)))
report(attempt(lambda: hasattr(importlib.import_module("billing.totals"), "get_total")))
