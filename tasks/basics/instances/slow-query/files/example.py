import sys

sys.path.insert(0, ".")
from visits import close_visits

print(close_visits([("ada", 10), ("bo", 11), ("ada", 14), ("ada", 40), ("bo", 12)], 5))  # {'ada': 1, 'bo': 1}
