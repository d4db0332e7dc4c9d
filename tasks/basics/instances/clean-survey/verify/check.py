expected = """id,age,country,height_cm,answered
17,34,DE,180,2025-03-04
19,,FR,175,2025-03-04
20,,??,170,
21,,DE,180,
22,41,US,183,2024-12-31
18,30,US,180,2025-03-05
23,,FR,168,2024-02-29
24,,DE,,
25,64,US,201,2025-01-01
26,,??,166,
27,120,DE,152,2025-12-01
28,7,FR,3,2024-02-29""".split("\n")
found = read("clean.csv").rstrip("\n").split("\n")
for wanted, line in zip(expected, found):
    expect_equal(line, wanted, "row " + wanted.split(",")[0])
expect_equal(len(found), len(expected), "number of lines in clean.csv")
