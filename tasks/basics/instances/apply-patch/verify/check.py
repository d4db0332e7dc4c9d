values = [
    ("one hunk", "a\nB\nc\n"),
    ("counts left out", "a\nb1\nb2\nc\n"),
    ("lines that moved down", "x\ny\na\nB\nc\n"),
    ("the nearest place, two lines on or two lines back: the earlier", "A\nb\nc\nd\na\nb\nc\n"),
    ("one line on is nearer than two lines back", "a\n-\n-\nA\n"),
    ("two lines on or two lines back", "A\n-\n-\n-\na\n"),
    ("the second hunk is moved by what the first was", "q\n" * 5 + "a\nc\nd\ne\nf\na\nB\n"),
    ("two hunks for the same line do not overlap", "1\n2\na\n"),
    ("the old text has no line break at its end", "a\nc\n"),
    ("the new text has no line break at its end", "a\nc"),
    ("neither has a line break at its end", "A\nb"),
    ("a new file", "one\ntwo\n"),
    ("everything is removed", ""),
    ("lines added between", "a\nb\nbetween\nc\n"),
    ("lines added at the end", "a\nb\nc\nend\n"),
    ("lines added, moved by what the first hunk was", "n\nA\nb\nafter b\nc\n"),
    ("no hunk", "a\nb\nc\n"),
    ("an empty diff", "a\nb\nc\n"),
    ("an empty line as context", "a\n\nC\n"),
    ("lines that look like a header", "--- A\n+++ b\n"),
    ("empty lines after the last hunk", "A\nb\nc\n"),
    ("a line that looks like a hunk", "a\n@\n"),
]
wrong = ["lines that are nowhere", "a line break too few", "a line break too many", "a hunk that ends early", "rubbish after the hunk", "a line of no kind", "a header of no kind", "hunks in the wrong order", "lines added beyond the end", "more old lines than announced"]
expect_cases([(what, {"value": text}) for what, text in values] + [(what, {"error": "ValueError"}) for what in wrong])
cases = observed()
expect(len(cases) == len(values) + len(wrong) + 1, "the text of 200,000 lines was not reached in time")
last = cases[-1]
expect_equal((last.get("lines"), last.get("changed")), (200001, 2000), "lines and changes of the large text")
expect(last.get("seconds", 99) <= 10, "the large text took more than 10 seconds")
