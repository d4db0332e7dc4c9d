"""What an order costs, in cents."""

# Least number of pieces and discount in percent, largest first.
QUANTITY = [(100, 10), (40, 5)]
VOUCHERS = {"SPRING": 10}


def price(pieces, cents, voucher=None):
    total = pieces * cents
    for least, percent in QUANTITY:
        if pieces >= least:
            total = total * (100 - percent) // 100
            break
    if voucher in VOUCHERS:
        total -= total * VOUCHERS[voucher] // 100
    return total
