import ast

expect_cases([
    ("invoice_total", {"value": 399}),
    ("get_total_tax", {"value": 80}),
    ("report.summary", {"value": ["a: 399", "b: 1000"]}),
    ("report.largest", {"value": "b"}),
    ('the action "get_total"', {"value": 399}),
    ('the action "get_total_tax"', {"value": 80}),
    ('an action "invoice_total", which customers do not know', {"error": "KeyError"}),
    ("names that plug-ins may call", {"value": ["get_total_tax", "invoice_total", "summary"]}),
    ("invoice_total for plug-ins", {"value": 399}),
    ("whether totals still has get_total", {"value": False}),
])
for name in ["totals", "report", "actions", "plugins"]:
    try:
        tree = ast.parse(read(f"billing/{name}.py"))
    except SyntaxError as error:
        fail(f"billing/{name}.py: {error}")
    names = {getattr(node, key, None) for node in ast.walk(tree) for key in ("id", "attr", "name", "asname")}
    expect("get_total" not in names, f"billing/{name}.py still uses the old name")
readme = read("README.md")
for text in ["from billing.totals import invoice_total, get_total_tax", "invoice_total([(2, 150), (1, 99)])  # 399", "Customers send the action `get_total` with"]:
    expect(text in readme, f"README.md has no longer, or not yet: {text}")
