#: look at the example
cat example.py

#: write it: parse the hunks, then find each one's place and copy
cat > patch.py <<'PYTHON'
import re

HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@.*", re.ASCII)
NO_BREAK = "\\ No newline at end of file"


def lines_of(text):
    """Lines with their line breaks; only \n breaks a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def parse(diff):
    lines = diff.split("\n")
    if lines[-1] == "":
        lines.pop()
    at, hunks = 0, []
    while at < len(lines) and not lines[at].startswith("@@"):
        at += 1
    while at < len(lines):
        match = HEADER.fullmatch(lines[at])
        if not match:
            if any(lines[at:]):
                raise ValueError(f"expected a hunk: {lines[at]}")
            break
        first, old_count, _, new_count = match.groups()
        old_left, new_left = int(old_count or 1), int(new_count or 1)
        at, old, new = at + 1, [], []
        while old_left or new_left:
            if at == len(lines):
                raise ValueError("a hunk ends early")
            kind, text = (lines[at] or " ")[0], lines[at][1:]
            if kind not in " +-":
                raise ValueError(f"not a line of a hunk: {lines[at]}")
            old_left -= kind != "+"
            new_left -= kind != "-"
            if old_left < 0 or new_left < 0:
                raise ValueError("a hunk has more lines than it says")
            at += 1
            text += "\n"
            if at < len(lines) and lines[at] == NO_BREAK:
                text, at = text[:-1], at + 1
            if kind != "+":
                old.append(text)
            if kind != "-":
                new.append(text)
        hunks.append((int(first), old, new))
    return hunks


def place_of(source, old, wanted, least):
    """The index nearest to the wanted one where the old lines are, the earlier of two."""
    last = len(source) - len(old)
    if not old:
        if not least <= wanted <= last:
            raise ValueError("a hunk has no place")
        return wanted
    for away in range(max(wanted - least, last - wanted) + 1):
        for index in (wanted - away, wanted + away):
            if least <= index <= last and source[index : index + len(old)] == old:
                return index
    raise ValueError("a hunk has no place")


def apply(original, diff):
    source, result, done, moved = lines_of(original), [], 0, 0
    for first, old, new in parse(diff):
        own = first - 1 if old else first
        index = place_of(source, old, own + moved, done)
        moved = index - own
        result += source[done:index] + new
        done = index + len(old)
    return "".join(result + source[done:])
PYTHON

#: try the example
python3 example.py

#: try texts without a line break at the end, and a large one
python3 -c 'import sys, time; sys.path.insert(0, "."); from patch import apply
none = "\\ No newline at end of file\n"
print(repr(apply("a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n" + none + "+c\n")))
big = "".join(f"line {n}\n" for n in range(200000))
began = time.time(); apply(big, "".join(f"@@ -{n + 1} +{n + 1} @@\n-line {n}\n+x\n" for n in range(0, 200000, 100))); print(round(time.time() - began, 2))'
