#: look at the text
cat notes.txt

#: one word a line, counted
cat notes.txt | tr 'A-Z' 'a-z' | tr -c 'a-z' '\n' | grep . | sort | uniq -c | awk '{ print $1 " " $2 }' | sort -k1,1nr -k2,2 | head -n 5 > top.txt

#: look at the result
cat top.txt
