"""Prints the addresses of our English pages."""
import sys

sys.path.insert(0, ".")
from texts import shorten, slugify

TITLES = ["Crème brûlée for two", "Five ways to cook a very large pumpkin", "?!"]

if __name__ == "__main__":
    for title in TITLES:
        # slugify(title) is for English titles, as it always was.
        print(f"/recipes/{slugify(title)}  {shorten(title, 20)}")
