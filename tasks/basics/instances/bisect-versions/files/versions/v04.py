"""What an order costs, in cents."""

# Least number of pieces and discount in percent, largest first.
QUANTITY = [(100, 10), (40, 5)]
VOUCHERS = {"SPRING": 10}


def price(pieces, cents, voucher=None):
    """Total for so many pieces at so many cents each."""
    total = pieces * cents
    for least, percent in QUANTITY:
        if pieces >= least:
            total = total * (100 - percent) // 100
            break
    if voucher is not None and voucher.upper() in VOUCHERS:
        total -= total * VOUCHERS[voucher.upper()] // 100
    return total
