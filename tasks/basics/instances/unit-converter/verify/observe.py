convert = function("convert", "convert")
for request in [
    "12 km in mi", "12km to mi", " 1e3  mm   in m ", "10 in in cm", "2 m in in", "2in in in", "100 C to F", "-40 F in C", "0 K in C", "-.5 C in K",
    "1 lb in g", "16 oz to lb", "0.3 t in kg", "1234567 m in mm", "0.000001 mm in km", "-273.15 C to K", "0 F in F", "-0 C in C", "32 F in C",
    "5 km in kg", "5 KM in m", "-1 m in cm", "-1 kg in g", "-0.01 K in C", "-460 F in C", "m in km", "5 m km", "5 m into km", "inf m in km", "1_000 m in km", "5 m in km please", "", "five m in km", "5 c in F",
    "1e5 cm to km", "3 ft in yd", "1 mi in ft",
]:
    report(attempt(convert, request))
