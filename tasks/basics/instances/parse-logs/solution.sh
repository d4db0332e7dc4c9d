#: look at the log
head -n 3 access.log && wc -l access.log

#: which lines do not end in status, bytes and milliseconds
grep -vnE '" [0-9]{3} ([0-9]+|-) [0-9]+$' access.log

#: count
cat > /tmp/summarise.py <<'PYTHON'
import json
import re
from collections import Counter, defaultdict

LINE = re.compile(r'(\S+) - - \[[^\]]+\] "\S+ (\S+) \S+" (\d{3}) (\d+|-) (\d+)')
requests = broken = sent = 0
statuses, addresses, times = Counter(), Counter(), defaultdict(list)
for line in open("access.log", encoding="utf-8"):
    line = line.rstrip("\n")
    if line == "":
        continue
    match = LINE.fullmatch(line)
    if not match:
        broken += 1
        continue
    address, path, status, size, ms = match.groups()
    requests += 1
    sent += 0 if size == "-" else int(size)
    statuses[status] += 1
    addresses[address] += 1
    times[path.split("?")[0]].append(int(ms))
means = {path: sum(values) / len(values) for path, values in times.items() if len(values) >= 3}
summary = {
    "requests": requests,
    "broken": broken,
    "bytes": sent,
    "byStatus": dict(statuses),
    "slowestPath": max(means, key=means.get),
    "busiestAddress": min(addresses, key=lambda address: (-addresses[address], address)),
}
json.dump(summary, open("summary.json", "w"), indent=2)
PYTHON
python3 /tmp/summarise.py

#: look at the result
cat summary.json
