from billing import totals
from billing.totals import get_total as total_of


def summary(invoices):
    """One line per invoice: its name and its total."""
    return [f"{name}: {total_of(lines)}" for name, lines in invoices]


def largest(invoices):
    return max(invoices, key=lambda invoice: totals.get_total(invoice[1]))[0]
