import hashlib
import heapq

MAP = read("map.txt").split()
expect(hashlib.sha256("\n".join(MAP).encode()).hexdigest() == "05fc2f75e198ab994f11ba41c6e52ea4b4d5a2cabb6f21503d01f5dc1f67f386", "map.txt was changed")
squares = {(y, x): square for y, line in enumerate(MAP) for x, square in enumerate(line) if square != "#"}
start, goal = (next(place for place, square in squares.items() if square == letter) for letter in "SG")
ends = {letter: [place for place, square in squares.items() if square == letter] for letter in "AB"}
STEPS = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}


def steps_from(place):
    for letter, (dy, dx) in STEPS.items():
        target = (place[0] + dy, place[1] + dx)
        if target in squares:
            square = squares[target]
            yield letter, target, int(square) if square.isdigit() else 5 if square in "AB" else 1
    if squares[place] in ends:
        one, two = ends[squares[place]]
        yield "T", two if place == one else one, 0


best, queue = {start: 0}, [(0, start)]
while queue:
    cost, place = heapq.heappop(queue)
    if cost > best[place]:
        continue
    for _, target, price in steps_from(place):
        if cost + price < best.get(target, 10**9):
            best[target] = cost + price
            heapq.heappush(queue, (cost + price, target))

lines = read("route.txt").split("\n")
expect(len(lines) >= 2 and not "".join(lines[2:]).strip(), "route.txt has not two lines")
place, cost = start, 0
for number, letter in enumerate(lines[0].strip(), 1):
    found = [(target, price) for name, target, price in steps_from(place) if name == letter]
    expect(found, f"step {number}, {letter}, is not possible")
    place, cost = found[0][0], cost + found[0][1]
expect(place == goal, "the route does not end at the goal")
expect_equal(lines[1].strip(), str(cost), "what the route costs")
expect(cost == best[goal], f"a route that costs {cost} is not the cheapest")
