out=$1
work=$(dirname "$out")
cat > "$work/people.json" <<'JSON'
[
  { "id": 30, "name": "Ann Lee", "emails": ["ann@x.org", "ann@x.org "], "phones": ["0049 (30) 123-456"] },
  { "id": 12, "name": "A. Lee  ", "emails": [], "phones": ["030/123456", "1234"] },
  { "id": 25, "name": "Anna Le", "emails": ["LEE@Y.org"], "phones": ["+1 202 555 0100"] },
  { "id": 11, "name": "Bob", "phones": ["002025550100"], "emails": null },
  { "id": 3, "name": "Bobby", "emails": ["bob@z.org"], "phones": ["0020 2555 0100", "0 12 34"] },
  { "id": 40, "name": "Lee", "emails": ["lee@y.org", "ann@x.org"] },
  { "id": 5, "name": "Cy", "emails": ["no address"], "phones": ["12"] },
  { "id": 6, "name": "Cy", "emails": ["no address"], "phones": ["12"] },
  { "id": 8, "name": "Dee", "phones": ["4930123456"] },
  { "id": 10, "name": "Eve", "phones": ["01234"] }
]
JSON
for file in "$work/people.json" contacts.json; do
  rm -f "$work/merged.json"
  python3 merge.py "$file" "$work/merged.json" > /dev/null 2>&1
  cat "$work/merged.json" >> "$out" 2> /dev/null || printf 'null' >> "$out"
  printf '\n=====\n' >> "$out"
done
