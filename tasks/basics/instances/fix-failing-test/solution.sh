#: look at the code and its tests
cat stock.py test_stock.py

#: see the tests fail
python3 test_stock.py 2>&1 | tail -n 20

#: fewer than the minimum, and fewest first
sed -i -e 's/pieces <= minimum/pieces < minimum/' -e 's/low.sort(reverse=True)/low.sort()/' stock.py

#: see the tests pass
python3 test_stock.py
