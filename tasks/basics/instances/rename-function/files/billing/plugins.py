import importlib

# What plug-ins may call, by module and function name.
EXPORTS = [
    ("billing.totals", "get_total"),
    ("billing.totals", "get_total_tax"),
    ("billing.report", "summary"),
]


def exported():
    """The exported functions by name."""
    return {name: getattr(importlib.import_module(module), name) for module, name in EXPORTS}
