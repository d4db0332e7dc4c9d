#: look at the data
head -n 4 customers.csv orders.csv

#: which statuses are there
tail -n +2 orders.csv | cut -d, -f4 | sort | uniq -c

#: join with exact decimals
cat > join.py <<'PYTHON'
import csv
from decimal import Decimal

counts, totals = {}, {}
with open("orders.csv", newline="", encoding="utf-8") as source:
    for order in csv.DictReader(source):
        if order["status"].lower() == "cancelled":
            continue
        key = int(order["customer_id"])
        counts[key] = counts.get(key, 0) + 1
        totals[key] = totals.get(key, Decimal(0)) + Decimal(order["amount"])

with open("customers.csv", newline="", encoding="utf-8") as source:
    customers = sorted((int(row["customer_id"]), row["name"]) for row in csv.DictReader(source))

with open("report.csv", "w", newline="", encoding="utf-8") as target:
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["customer_id", "name", "orders", "total"])
    for key, name in customers:
        writer.writerow([key, name, counts.get(key, 0), f"{totals.get(key, Decimal(0)):.2f}"])
PYTHON
python3 join.py

#: look at the result
rm join.py && cat report.csv
