#: what was meant, and what the newest version does
cat CHANGES.md pricing.py

#: the customer's order in every version, by exec so that none is imported
python3 -c '
import glob
for path in sorted(glob.glob("versions/*.py")):
    space = {}
    exec(open(path).read(), space)
    print(path, space["price"](40, 250, "SPRING"))'

#: what the first wrong version changed
diff versions/v11.py versions/v12.py

#: a discount begins at its least number of pieces
echo v12 > answer.txt
sed -i 's/if least < pieces\]/if least <= pieces]/' pricing.py

#: try it
python3 -c 'import sys; sys.path.insert(0, "."); from pricing import price; print(price(40, 250, "SPRING"), price(100, 100), price(39, 250))'
