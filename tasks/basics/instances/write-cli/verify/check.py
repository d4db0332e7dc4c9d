expected = """--- hours.csv hours --where team=red
1.8
[exit 0, 0 lines of errors]
--- hours.csv hours --where team=blue --by who
Ada\t2.25
Li, Wei\t-3.75
[exit 0, 0 lines of errors]
--- hours.csv hours --where note=x
[exit 2, 1 lines of errors]
--- hours.csv hours --by team --where who=Ada --where note=
blue\t2.25
[exit 0, 0 lines of errors]
--- hours.csv hours --where note=a=b
1.5
[exit 0, 0 lines of errors]
--- hours.csv hours --where team= --by who
Bo\t1000000
[exit 0, 0 lines of errors]
--- hours.csv hours --where team=pink
0
[exit 0, 0 lines of errors]
--- hours.csv days
[exit 2, 1 lines of errors]
--- nothing.csv hours
[exit 2, 1 lines of errors]
--- hours.csv
[exit 2, 1 lines of errors]
"""
cases = lambda text: [case for case in str(text).split("--- ") if case]
for wanted, found in zip(cases(expected), cases(observed())):
    expect_equal(found, wanted, "python3 colsum.py " + wanted.split("\n")[0])
expect_equal(len(cases(observed())), len(cases(expected)), "number of calls that ended")
