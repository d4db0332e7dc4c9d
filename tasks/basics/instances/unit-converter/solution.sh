#: write it with exact fractions, so that 0 K is never a hair below 0 K
cat > convert.py <<'PYTHON'
import re
from fractions import Fraction

INCH = Fraction("0.0254")
OUNCE = Fraction("28.349523125")
LENGTH = {"mm": Fraction(1, 1000), "cm": Fraction(1, 100), "m": Fraction(1), "km": Fraction(1000), "in": INCH, "ft": 12 * INCH, "yd": 36 * INCH, "mi": 63360 * INCH}
MASS = {"mg": Fraction(1, 1000), "g": Fraction(1), "kg": Fraction(1000), "t": Fraction(1000000), "oz": OUNCE, "lb": 16 * OUNCE}
# kelvin = (value + offset) * factor
TEMPERATURE = {"K": (Fraction(0), Fraction(1)), "C": (Fraction("273.15"), Fraction(1)), "F": (Fraction("459.67"), Fraction(5, 9))}

REQUEST = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]+)\s+(?:in|to)\s+([A-Za-z]+)\s*", re.ASCII)


def convert(text):
    match = REQUEST.fullmatch(text)
    if not match:
        raise ValueError(f"not a request: {text!r}")
    number, source, target = match.groups()
    result = float(converted(Fraction(number), source, target))
    return f"{result + 0.0:.6g} {target}"


def converted(value, source, target):
    for factors in (LENGTH, MASS):
        if source in factors and target in factors:
            if value < 0:
                raise ValueError("a length or a mass is not negative")
            return value * factors[source] / factors[target]
    if source in TEMPERATURE and target in TEMPERATURE:
        offset, factor = TEMPERATURE[source]
        kelvin = (value + offset) * factor
        if kelvin < 0:
            raise ValueError("below 0 K")
        offset, factor = TEMPERATURE[target]
        return kelvin / factor - offset
    raise ValueError(f"{source} does not convert to {target}")
PYTHON

#: try the examples and the edges
python3 -c 'import sys; sys.path.insert(0, "."); from convert import convert
for request in "12 km in mi", "10 in in cm", "2in in in", "-40 F in C", "-273.15 C to K", "-0 C in C": print(request, "=", convert(request))'

#: try what must be refused
python3 -c 'import sys; sys.path.insert(0, "."); from convert import convert
for request in "5 km in kg", "-0.01 K in C", "inf m in km":
    try: print(convert(request))
    except ValueError as error: print("ValueError:", error)'
