import sys

sys.path.insert(0, ".")
from patch import apply

DIFF = """--- a/list.txt
+++ b/list.txt
@@ -1,3 +1,3 @@
 apples
-bread
+bread, brown
 cheese
"""

# Two lines were put in at the top since the diff was made.
print(apply("milk\nrice\napples\nbread\ncheese\n", DIFF))
