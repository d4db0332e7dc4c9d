#: look at the map
cat map.txt

#: Dijkstra's algorithm with the tunnels as steps of no cost
cat > /tmp/route.py <<'PYTHON'
import heapq

lines = open("map.txt").read().split()
squares = {(y, x): square for y, line in enumerate(lines) for x, square in enumerate(line) if square != "#"}
where = {}
for place, square in squares.items():
    where.setdefault(square, []).append(place)
start, goal = where["S"][0], where["G"][0]


def price(square):
    return int(square) if square.isdigit() else {"A": 5, "B": 5}.get(square, 1)


queue, done = [(0, start, "")], set()
while queue:
    cost, place, path = heapq.heappop(queue)
    if place == goal:
        break
    if place in done:
        continue
    done.add(place)
    for letter, dy, dx in ("U", -1, 0), ("D", 1, 0), ("L", 0, -1), ("R", 0, 1):
        target = (place[0] + dy, place[1] + dx)
        if target in squares:
            heapq.heappush(queue, (cost + price(squares[target]), target, path + letter))
    if squares[place] in "AB":
        for target in where[squares[place]]:
            if target != place:
                heapq.heappush(queue, (cost, target, path + "T"))
open("route.txt", "w").write(f"{path}\n{cost}\n")
PYTHON
python3 /tmp/route.py

#: look at the route
cat route.txt
