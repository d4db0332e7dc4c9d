"""What an order costs, in cents."""

VOUCHERS = {"SPRING": 10}


def price(pieces, cents, voucher=None):
    total = pieces * cents
    if pieces >= 100:
        total = total * 90 // 100
    if voucher in VOUCHERS:
        total -= total * VOUCHERS[voucher] // 100
    return total
