import sys
import unittest

sys.path.insert(0, ".")
from stock import reorder_list


class ReorderList(unittest.TestCase):
    def test_names_what_is_low(self):
        self.assertEqual(reorder_list({"bolt": 3, "nut": 12}, 10), ["bolt"])

    def test_fewest_first(self):
        self.assertEqual(reorder_list({"bolt": 3, "nut": 1, "washer": 2}, 10), ["nut", "washer", "bolt"])

    def test_exactly_the_minimum_is_enough(self):
        self.assertEqual(reorder_list({"bolt": 10}, 10), [])


if __name__ == "__main__":
    unittest.main()
