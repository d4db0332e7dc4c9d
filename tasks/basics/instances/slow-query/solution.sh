#: read the code
cat visits.py

#: how slow is it
python3 -c 'import sys, time; sys.path.insert(0, "."); from visits import close_visits
for n in 500, 1000, 2000:
    began = time.time(); close_visits([("a", i) for i in range(n)], 3); print(n, round(time.time() - began, 2))'

#: sort each person's visits and move a window over them
cat > visits.py <<'PYTHON'
"""Questions about visits. A visit is (person, second)."""


def close_visits(visits, window):
    """How many pairs of visits of the same person are at most `window` seconds apart, by person; people without such a pair are left out."""
    seconds_of = {}
    for person, second in visits:
        seconds_of.setdefault(person, []).append(second)
    pairs = {}
    for person, seconds in seconds_of.items():
        seconds.sort()
        first = count = 0
        for index, second in enumerate(seconds):
            while second - seconds[first] > window:
                first += 1
            count += index - first
        if count:
            pairs[person] = count
    return pairs
PYTHON

#: still right, and fast
python3 example.py; python3 -c 'import sys, time; sys.path.insert(0, "."); from visits import close_visits
began = time.time(); close_visits([("a", i % 5000) for i in range(100000)], 3); print(round(time.time() - began, 2))'
