"""What an order costs, in cents, shipping included."""

# Least number of pieces and discount in percent, largest first.
QUANTITY = [(100, 10), (40, 5)]
VOUCHERS = {"SPRING": 10, "FRIEND": 5, "TEAM": 15}
SHIPPING = 490
FREE_SHIPPING = 4000
MINIMUM = 500


def quantity_discount(pieces):
    """Percent, for so many pieces; the table may be in any order."""
    reached = [percent for least, percent in QUANTITY if least < pieces]
    return max(reached, default=0)


def voucher_discount(voucher):
    """Percent; a voucher that is not known gives none."""
    return VOUCHERS.get((voucher or "").strip().upper(), 0)


def price(pieces, cents, voucher=None):
    """Total for so many pieces at so many cents each."""
    if pieces < 0:
        raise ValueError("pieces cannot be negative")
    if pieces == 0:
        return 0
    total = pieces * cents
    total -= total * quantity_discount(pieces) // 100
    total -= total * voucher_discount(voucher) // 100
    if total < FREE_SHIPPING:
        total += SHIPPING
    return total if total > MINIMUM else MINIMUM
