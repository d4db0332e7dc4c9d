#: write it as a parser that goes down from the loosest operator to the tightest
cat > calculator.py <<'PYTHON'
import re
from fractions import Fraction
from math import floor

TOKEN = re.compile(r"\s*(?:(\d+\.?\d*|\.\d+)|([a-z]+)|([-+*/%^(),]))", re.ASCII)
FUNCTIONS = {"min": min, "max": max, "abs": abs}
DEEPEST = 50


def tokens_of(text):
    tokens, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"not understood at {at}")
        tokens.append(match.group().strip())
        at = match.end()
    return tokens


class Parser:
    def __init__(self, text):
        self.tokens, self.at, self.depth = tokens_of(text), 0, 0

    def next(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted):
        token = self.next()
        if token in wanted and token:
            self.at += 1
            return token
        return ""

    def need(self, wanted):
        if not self.take(wanted):
            raise ValueError(f"expected {wanted} before {self.next() or 'the end'}")

    def total(self):
        value = self.product()
        while sign := self.take("+", "-"):
            other = self.product()
            value = value + other if sign == "+" else value - other
        return value

    def product(self):
        value = self.signed()
        while sign := self.take("*", "/", "%"):
            other = self.signed()
            if sign == "*":
                value *= other
            else:
                quotient = value / other
                value = quotient if sign == "/" else value - other * floor(quotient)
        return value

    def signed(self):
        is_negative = False
        while sign := self.take("+", "-"):
            is_negative ^= sign == "-"
        value = self.power()
        return -value if is_negative else value

    def power(self):
        base = self.single()
        if not self.take("^"):
            return base
        exponent = self.signed()
        if exponent.denominator != 1 or abs(exponent) > 1000:
            raise ValueError("an exponent is a whole number from -1000 to 1000")
        return Fraction(base ** int(exponent))

    def single(self):
        token = self.next()
        self.at += 1
        if token == "(":
            return self.inside()[0]
        if token in FUNCTIONS:
            self.need("(")
            arguments = self.inside(is_list=True)
            if token == "abs" and len(arguments) != 1:
                raise ValueError("abs takes one argument")
            return FUNCTIONS[token](arguments) if token != "abs" else abs(arguments[0])
        if not token or not (token[0].isdigit() or token[0] == "."):
            raise ValueError(f"expected a number before {token or 'the end'}")
        return Fraction(token)

    def inside(self, is_list=False):
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValueError("nested too deep")
        values = [self.total()]
        while is_list and self.take(","):
            values.append(self.total())
        self.need(")")
        self.depth -= 1
        return values


def evaluate(text):
    parser = Parser(text)
    value = parser.total()
    if parser.at != len(parser.tokens):
        raise ValueError(f"unexpected {parser.next()}")
    return value
PYTHON

#: does the recursion reach 50 levels, and are numbers such as "3." taken
python3 -c 'import sys; sys.path.insert(0, "."); from calculator import evaluate
print(evaluate("(" * 50 + "7" + ")" * 50))
for text in "-2^2", "2^-1", "2^-2^2", "-7%3", ".5*3.", "max(1, 2/3, -4)": print(text, "=", evaluate(text))'

#: what must fail
python3 -c 'import sys; sys.path.insert(0, "."); from calculator import evaluate
for text in "1/0", "0^-1", "2^0.5", "1 2", "max()", "(" * 51 + "7" + ")" * 51, "":
    try: print(evaluate(text))
    except (ValueError, ZeroDivisionError) as error: print(type(error).__name__, str(error)[:40])'
