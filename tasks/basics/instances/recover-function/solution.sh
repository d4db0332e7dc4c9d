#: see it fail, and what there is
python3 pages.py 2>&1 | tail -n 1; ls history

#: which patches touch the function
grep -ln 'slugify' history/*; head -n 1 history/*

#: the patch that removed it, and what came after
cat history/0005-remove-unused.patch history/0006-fold.patch

#: take the removed lines, and call what strip_accents has become, for English
{ echo; grep '^-' history/0005-remove-unused.patch | grep -v '^---' | cut -c2- | sed 's/strip_accents(title)/fold("en", title)/'; } > /tmp/slugify.txt
cat /tmp/slugify.txt >> texts.py && tail -n 16 texts.py

#: see it work
python3 pages.py
