"""What an order costs, in cents."""

# Least number of pieces and discount in percent, largest first.
QUANTITY = [(100, 10), (40, 5)]
VOUCHERS = {"SPRING": 10, "FRIEND": 5, "TEAM": 15}
SHIPPING = 490
FREE_SHIPPING = 5000


def quantity_discount(pieces):
    """Percent, for so many pieces."""
    for least, percent in QUANTITY:
        if pieces >= least:
            return percent
    return 0


def price(pieces, cents, voucher=None):
    """Total for so many pieces at so many cents each."""
    if pieces < 0:
        raise ValueError("pieces cannot be negative")
    if pieces == 0:
        return 0
    total = pieces * cents
    total -= total * quantity_discount(pieces) // 100
    if voucher is not None and voucher.upper() in VOUCHERS:
        total -= total * VOUCHERS[voucher.upper()] // 100
    if total < FREE_SHIPPING:
        total += SHIPPING
    return total
