#: look at the example
cat targets.txt

#: write it with a heap of the targets that are ready
cat > order.py <<'PYTHON'
import heapq
import re

NAME = re.compile(r"[A-Za-z0-9_.-]+")


def parse(text):
    needs = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        head, colon, tail = line.partition(":")
        target, dependencies = head.strip(), tail.split()
        if not colon or not all(NAME.fullmatch(name) for name in [target, *dependencies]):
            raise ValueError(f"not understood: {line}")
        needs.setdefault(target, set()).update(dependencies)
        for name in dependencies:
            needs.setdefault(name, set())
    return needs


def cycle_in(needs, left):
    """The names on a cycle: from any target that is left, every step leads to one that is left too."""
    name, path, seen = min(left), [], {}
    while name not in seen:
        seen[name] = len(path)
        path.append(name)
        name = min(needs[name] & left)
    return path[seen[name]:]


def build_order(text):
    needs = parse(text)
    users = {name: [] for name in needs}
    for target, dependencies in needs.items():
        for name in dependencies:
            users[name].append(target)
    missing = {target: len(dependencies) for target, dependencies in needs.items()}
    ready = [target for target, count in missing.items() if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for user in users[name]:
            missing[user] -= 1
            if missing[user] == 0:
                heapq.heappush(ready, user)
    if len(order) < len(needs):
        raise ValueError(" ".join(cycle_in(needs, set(needs) - set(order))))
    return order
PYTHON

#: try the example, a cycle and a long chain
python3 -c 'import sys; sys.path.insert(0, "."); from order import build_order
print(build_order(open("targets.txt").read()))
print(len(build_order("\n".join(f"t{i}: t{i + 1}" for i in range(20000)))))
try: build_order("a: b\nb: c\nc: a\nd: a")
except ValueError as error: print("cycle:", error)'
