#: read the rules and the data
cat SCHEMA.md export.json

#: write a converter and run it
cat > /tmp/convert.py <<'PYTHON'
import json
from decimal import Decimal


def text(value):
    return "'" + value.replace("\r\n", " ").replace("\n", " ").replace("'", "''") + "'"


def number(value):
    return "NULL" if value is None else str(value)


def insert(table, columns, values):
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(values)});"


books = json.load(open("export.json", encoding="utf-8"))
authors = {}
for book in books:
    author = authors.setdefault(book["author"]["name"], {"id": len(authors) + 1, "born": None})
    if author["born"] is None:
        author["born"] = book["author"].get("born")

lines = ["BEGIN;"]
for name, author in authors.items():
    lines.append(insert("authors", ["id", "name", "born"], [str(author["id"]), text(name), number(author["born"])]))
for book in books:
    price = book.get("price")
    cents = None if price is None else int(Decimal(price) * 100)
    values = [text(book["isbn"]), text(book["title"]), str(authors[book["author"]["name"]]["id"]), number(cents), "1" if book.get("inPrint") else "0"]
    lines.append(insert("books", ["isbn", "title", "author_id", "price_cents", "in_print"], values))
for book in books:
    for tag in sorted({tag.strip().lower() for tag in book.get("tags", [])} - {""}):
        lines.append(insert("book_tags", ["isbn", "tag"], [text(book["isbn"]), text(tag)]))
lines.append("COMMIT;")
open("load.sql", "w", encoding="utf-8").write("\n".join(lines) + "\n")
PYTHON
python3 /tmp/convert.py

#: look at the result
cat load.sql
