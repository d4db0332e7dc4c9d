#: look at the example
cat contacts.json

#: write it with sets that are joined
cat > merge.py <<'PYTHON'
import json
import sys


def email(text):
    text = text.strip().lower()
    return text if "@" in text else None


def phone(text):
    digits = "".join(c for c in text if c in "0123456789")
    if len(digits) < 5:
        return None
    if text.strip().startswith("+"):
        return "+" + digits
    if digits.startswith("00"):
        return "+" + digits[2:]
    return "+49" + (digits[1:] if digits.startswith("0") else digits)


def kept(values, normal):
    return sorted({value for value in map(normal, values or []) if value is not None})


def main(source, target):
    records = json.load(open(source, encoding="utf-8"))
    for record in records:
        record["emails"] = kept(record.get("emails"), email)
        record["phones"] = kept(record.get("phones"), phone)
    leader = {record["id"]: record["id"] for record in records}

    def find(key):
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    owner = {}
    for record in records:
        for contact in record["emails"] + record["phones"]:
            leader[find(record["id"])] = find(owner.setdefault(contact, record["id"]))
    groups = {}
    for record in sorted(records, key=lambda record: record["id"]):
        groups.setdefault(find(record["id"]), []).append(record)
    merged = [
        {
            "ids": [record["id"] for record in group],
            "name": max((record["name"].strip() for record in group), key=len),
            "emails": sorted({value for record in group for value in record["emails"]}),
            "phones": sorted({value for record in group for value in record["phones"]}),
        }
        for group in groups.values()
    ]
    merged.sort(key=lambda person: person["ids"][0])
    json.dump(merged, open(target, "w", encoding="utf-8"), indent=2)


main(*sys.argv[1:])
PYTHON

#: try it
python3 merge.py contacts.json merged.json && cat merged.json
