from time import perf_counter

apply = function("patch", "apply")
NONE = "\\ No newline at end of file\n"
abc = "a\nb\nc\n"
cases = [
    (abc, "--- x\n+++ y\n@@ -1,3 +1,3 @@ in here\n a\n-b\n+B\n c\n"),
    (abc, "@@ -2 +2,2 @@\n-b\n+b1\n+b2\n"),
    ("x\ny\na\nb\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"),
    ("a\nb\nc\nd\na\nb\nc\n", "@@ -3,2 +3,2 @@\n-a\n+A\n b\n"),
    ("a\n-\n-\na\n", "@@ -3,1 +3,1 @@\n-a\n+A\n"),
    ("a\n-\n-\n-\na\n", "@@ -3,1 +3,1 @@\n-a\n+A\n"),
    ("q\n" * 5 + "a\nb\nc\nd\ne\nf\na\nb\n", "@@ -1,2 +1,1 @@\n a\n-b\n@@ -7,2 +6,2 @@\n a\n-b\n+B\n"),
    ("a\na\na\n", "@@ -1 +1 @@\n-a\n+1\n@@ -1 +1 @@\n-a\n+2\n"),
    ("a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n" + NONE + "+c\n"),
    ("a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n" + NONE),
    ("a\nb", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n" + NONE),
    ("", "--- /dev/null\n+++ y\n@@ -0,0 +1,2 @@\n+one\n+two\n"),
    ("one\n", "@@ -1 +0,0 @@\n-one\n"),
    (abc, "@@ -2,0 +3,1 @@\n+between\n"),
    (abc, "@@ -3,0 +4 @@\n+end\n"),
    ("n\n" + abc, "@@ -1,1 +1,1 @@\n-a\n+A\n@@ -2,0 +3 @@\n+after b\n"),
    (abc, "nothing here\n"),
    (abc, ""),
    ("a\n\nc\n", "@@ -1,3 +1,3 @@\n a\n\n-c\n+C\n"),
    ("--- a\n+++ b\n", "@@ -1,2 +1,2 @@\n---- a\n+--- A\n +++ b\n"),
    (abc, "@@ -1,1 +1,1 @@\n-a\n+A\n\n\n"),
    ("a\n@@\n", "@@ -2 +2 @@\n-@@\n+@\n"),
]
wrong = [
    (abc, "@@ -1,1 +1,1 @@\n-x\n+y\n"),
    ("a\nb", "@@ -2 +2 @@\n-b\n+c\n"),
    ("a\nb\n", "@@ -2 +2 @@\n-b\n" + NONE + "+c\n"),
    (abc, "@@ -1,3 +1,3 @@\n a\n-b\n+B\n"),
    (abc, "@@ -1 +1 @@\n-a\n+A\nrubbish\n"),
    (abc, "@@ -1,2 +1,2 @@\n a\n*b\n"),
    (abc, "@@ -x +1 @@\n-a\n+A\n"),
    (abc, "@@ -2 +2 @@\n-b\n+B\n@@ -1 +1 @@\n-a\n+A\n"),
    (abc, "@@ -9,0 +10 @@\n+far\n"),
    (abc, "@@ -1 +1 @@\n-a\n-b\n"),
]
for original, diff in cases + wrong:
    report(attempt(apply, original, diff))

big = "".join(f"line {n}\n" for n in range(1, 200001))
diff = "".join(f"@@ -{n},2 +{n},2 @@\n line {n}\n-line {n + 1}\n+LINE {n + 1}\n" for n in range(50, 200000, 100))
began = perf_counter()
result = attempt(apply, big, diff).get("value")
report({"lines": len(result.split("\n")), "changed": result.count("LINE"), "seconds": perf_counter() - began} if isinstance(result, str) else {"lines": 0})
