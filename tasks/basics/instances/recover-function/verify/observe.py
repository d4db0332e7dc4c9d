slugify, fold, shorten = function("texts", "slugify"), function("texts", "fold"), function("texts", "shorten")
for title in ["Crème brûlée for two", "Five ways to cook a very large pumpkin", "?!", "", "  a  -  b ", "Über Größe", "Incomprehensibilities and more words", "Pneumonoultramicroscopicsilicovolcanoconiosis", "one two three four five", "12 o'clock & all's well"]:
    report(attempt(slugify, title))
report(attempt(fold, "de", "Öl, Grüße"))
report(attempt(fold, "en", "Öl"))
report(attempt(shorten, "abcdef", 4))
report(attempt(lambda: hasattr(importlib.import_module("texts"), "strip_accents")))
