expect_equal(read("top.txt").split("\n")[:6], ["23 the", "6 river", "4 day", "4 rain", "4 team", ""], "lines of top.txt")
expect(read("top.txt").strip().count("\n") == 4, "top.txt has not five lines")
