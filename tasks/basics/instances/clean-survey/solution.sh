#: look at the data
cat survey.csv

#: write the rules down
cat > /tmp/clean.py <<'PYTHON'
import csv
import re
from datetime import date
from fractions import Fraction
from math import floor

COUNTRIES = {"de": "DE", "germany": "DE", "deutschland": "DE", "us": "US", "usa": "US", "united states": "US", "fr": "FR", "france": "FR"}


def age(text):
    match = re.fullmatch(r"\s*(\d+)\s*(?:years|y)?\s*", text, re.IGNORECASE)
    return match[1].lstrip("0") if match and 1 <= int(match[1]) <= 120 else ""


def country(text):
    return COUNTRIES.get(text.replace(".", "").strip().lower(), "??")


def height(text):
    text = text.strip()
    feet = re.fullmatch(r"(\d+)'(?:(\d+)\")?", text)
    metric = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(cm|m)?", text)
    if feet:
        value = (int(feet[1]) * 12 + int(feet[2] or 0)) * Fraction("2.54")
    elif metric:
        value = Fraction(metric[1].replace(",", "."))
        if metric[2] == "m" or (metric[2] is None and value < 3):
            value *= 100
    else:
        return ""
    return str(floor(value + Fraction(1, 2)))


def day(text):
    text = text.strip()
    for pattern, order in ((r"(\d{4})-(\d\d)-(\d\d)", (1, 2, 3)), (r"(\d\d?)\.(\d\d?)\.(\d{4})", (3, 2, 1)), (r"(\d\d?)/(\d\d?)/(\d{4})", (3, 1, 2))):
        match = re.fullmatch(pattern, text)
        if match:
            try:
                return date(*(int(match[index]) for index in order)).isoformat()
            except ValueError:
                return ""
    return ""


rows = list(csv.DictReader(open("survey.csv", newline="", encoding="utf-8")))
last = {row["id"].strip(): index for index, row in enumerate(rows)}
with open("clean.csv", "w", newline="", encoding="utf-8") as target:
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["id", "age", "country", "height_cm", "answered"])
    for index, row in enumerate(rows):
        key = row["id"].strip()
        if last[key] == index:
            writer.writerow([key, age(row["age"]), country(row["country"]), height(row["height"]), day(row["answered"])])
PYTHON
python3 /tmp/clean.py

#: look at the result
cat clean.csv
