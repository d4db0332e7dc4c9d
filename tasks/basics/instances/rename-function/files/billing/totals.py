"""Totals of an invoice's lines, in cents. A line is (quantity, unit price)."""


def get_total(lines):
    return sum(quantity * cents for quantity, cents in lines)


def get_total_tax(lines, percent):
    """Tax on get_total(lines), rounded half up."""
    return (get_total(lines) * percent + 50) // 100
