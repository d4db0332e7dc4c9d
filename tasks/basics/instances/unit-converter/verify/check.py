values = [
    ("12 km in mi", "7.45645 mi"), ("12km to mi", "7.45645 mi"), (" 1e3  mm   in m ", "1 m"), ("10 in in cm", "25.4 cm"), ("2 m in in", "78.7402 in"), ("2in in in", "2 in"),
    ("100 C to F", "212 F"), ("-40 F in C", "-40 C"), ("0 K in C", "-273.15 C"), ("-.5 C in K", "272.65 K"), ("1 lb in g", "453.592 g"), ("16 oz to lb", "1 lb"), ("0.3 t in kg", "300 kg"),
    ("1234567 m in mm", "1.23457e+09 mm"), ("0.000001 mm in km", "1e-12 km"), ("-273.15 C to K", "0 K"), ("0 F in F", "0 F"), ("-0 C in C", "0 C"), ("32 F in C", "0 C"),
]
errors = ["5 km in kg", "5 KM in m", "-1 m in cm", "-1 kg in g", "-0.01 K in C", "-460 F in C", "m in km", "5 m km", "5 m into km", "inf m in km", "1_000 m in km", "5 m in km please", "", "five m in km", "5 c in F"]
last = [("1e5 cm to km", "1 km"), ("3 ft in yd", "1 yd"), ("1 mi in ft", "5280 ft")]
expect_cases(
    [(repr(request), {"value": answer}) for request, answer in values]
    + [(repr(request), {"error": "ValueError"}) for request in errors]
    + [(repr(request), {"value": answer}) for request, answer in last]
)
