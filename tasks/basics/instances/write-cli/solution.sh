#: read the specification
cat SPEC.md; cat sales.csv

#: write the program
cat > colsum.py <<'PYTHON'
import csv
import re
import sys
from decimal import Decimal

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


class Fault(Exception):
    pass


def parse(arguments):
    if len(arguments) < 2 or len(arguments) % 2 == 1:
        raise Fault("usage: colsum.py FILE COLUMN [--by COLUMN] [--where COLUMN=VALUE]...")
    by, where = None, []
    for option, value in zip(arguments[2::2], arguments[3::2]):
        if option == "--by":
            by = value
        elif option == "--where" and "=" in value:
            where.append(tuple(value.split("=", 1)))
        else:
            raise Fault(f"not understood: {option} {value}")
    return arguments[0], arguments[1], by, where


def read(path):
    try:
        with open(path, newline="", encoding="utf-8") as source:
            rows = list(csv.reader(source))
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(f"{path}: {error}")
    if not rows:
        raise Fault(f"{path}: no header")
    return rows[0], [dict(zip(rows[0], row)) for row in rows[1:] if row]


def shown(number):
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def main(arguments):
    path, column, by, where = parse(arguments)
    header, rows = read(path)
    for name in [column, *([by] if by is not None else []), *(name for name, _ in where)]:
        if name not in header:
            raise Fault(f"no column {name}")
    sums = {}
    for row in rows:
        if any(row[name] != value for name, value in where):
            continue
        field = row[column]
        if field and not NUMBER.fullmatch(field):
            raise Fault(f"not a number: {field}")
        key = row[by] if by is not None else None
        sums[key] = sums.get(key, Decimal(0)) + Decimal(field or "0")
    if by is None:
        return [shown(sums.get(None, Decimal(0)))]
    return [f"{value}\t{shown(sums[value])}" for value in sorted(sums)]


try:
    for line in main(sys.argv[1:]):
        print(line)
except Fault as fault:
    print(fault, file=sys.stderr)
    sys.exit(2)
PYTHON

#: try it
python3 colsum.py sales.csv amount; python3 colsum.py sales.csv amount --by region

#: try its faults
python3 colsum.py sales.csv price; echo "exit $?"; python3 colsum.py; echo "exit $?"
