#: where is it
grep -rn 'get_total' README.md billing

#: rename whole words only, except in the table of actions and in the sentence about it
sed -i 's/\bget_total\b/invoice_total/g' billing/totals.py billing/report.py billing/plugins.py
sed -i -e '/^from/s/\bget_total\b/invoice_total/' -e 's/"get_total": get_total,/"get_total": invoice_total,/' billing/actions.py
sed -i '/Customers send/!s/\bget_total\b/invoice_total/g' README.md

#: what is left of the old name
grep -rnw 'get_total' README.md billing

#: does it still work
python3 -c 'import sys; sys.path.insert(0, "."); from billing.actions import run; from billing.plugins import exported; print(run("get_total", [(2, 150)]), sorted(exported()))'
