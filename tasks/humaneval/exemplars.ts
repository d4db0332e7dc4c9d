/** Worked examples of our own for few-shot prompts, so that no row of the benchmark is shown to the model. */
export const EXEMPLARS: readonly { prompt: string; body: string }[] = [
  {
    prompt: `from typing import List


def longest_run(values: List[int]) -> int:
    """ Length of the longest run of equal neighbours in a list; 0 for an empty list.
    >>> longest_run([4, 4, 7, 7, 7, 4])
    3
    >>> longest_run([])
    0
    """
`,
    body: `    longest = current = 0
    for index, value in enumerate(values):
        current = current + 1 if index > 0 and value == values[index - 1] else 1
        longest = max(longest, current)
    return longest
`,
  },
  {
    prompt: `def initials(name: str) -> str:
    """ The first letters of the words of a name, in capitals, each followed by a full stop.
    >>> initials("ada lovelace")
    'A.L.'
    >>> initials("  grace   brewster murray hopper ")
    'G.B.M.H.'
    """
`,
    body: `    return "".join(word[0].upper() + "." for word in name.split())
`,
  },
  {
    prompt: `from typing import Dict, List, Tuple


def stock_after(stock: Dict[str, int], changes: List[Tuple[str, int]]) -> Dict[str, int]:
    """ Apply changes to a stock of items and return the new stock. A change that would leave fewer than
    zero of an item is skipped; items of which none are left are not listed. The given stock stays as it is.
    >>> stock_after({"nut": 2}, [("nut", -1), ("bolt", 3), ("nut", -5)])
    {'nut': 1, 'bolt': 3}
    """
`,
    body: `    result = dict(stock)
    for item, change in changes:
        amount = result.get(item, 0) + change
        if amount >= 0:
            result[item] = amount
    return {item: amount for item, amount in result.items() if amount > 0}
`,
  },
];
