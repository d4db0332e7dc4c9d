"""Which items must be ordered again."""


def reorder_list(levels, minimum):
    """Names of the items with fewer than `minimum` pieces, fewest first, then by name."""
    low = []
    for name, pieces in levels.items():
        if pieces <= minimum:
            low.append((pieces, name))
    low.sort(reverse=True)
    return [name for pieces, name in low]
