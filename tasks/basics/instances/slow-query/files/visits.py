"""Questions about visits. A visit is (person, second)."""


def close_visits(visits, window):
    """How many pairs of visits of the same person are at most `window` seconds apart, by person; people without such a pair are left out."""
    pairs = {}
    for i in range(len(visits)):
        for j in range(i + 1, len(visits)):
            same_person = visits[i][0] == visits[j][0]
            if same_person and abs(visits[i][1] - visits[j][1]) <= window:
                pairs[visits[i][0]] = pairs.get(visits[i][0], 0) + 1
    return pairs
