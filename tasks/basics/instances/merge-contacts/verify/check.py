people = [
    # Eve's 01234 is also what Bobby's "0 12 34" is.
    {"ids": [3, 10, 11], "name": "Bobby", "emails": ["bob@z.org"], "phones": ["+2025550100", "+491234"]},
    {"ids": [5], "name": "Cy", "emails": [], "phones": []},
    {"ids": [6], "name": "Cy", "emails": [], "phones": []},
    {"ids": [8], "name": "Dee", "emails": [], "phones": ["+494930123456"]},
    {"ids": [12, 25, 30, 40], "name": "Anna Le", "emails": ["ann@x.org", "lee@y.org"], "phones": ["+12025550100", "+4930123456"]},
]
contacts = [
    {"ids": [1, 2, 4], "name": "Mara Keller", "emails": ["m.keller@example.org", "mara@example.org"], "phones": ["+491512345678"]},
    {"ids": [7, 9], "name": "Ito, Kenji", "emails": ["kenji@example.jp"], "phones": []},
]
parts = str(observed()).split("\n=====\n")
for what, wanted, part in zip(["people the task did not show", "contacts.json"], [people, contacts], parts + ["null"] * 2):
    try:
        found = json.loads(part)
    except ValueError:
        fail(f"{what}: the output is not JSON")
    expect(isinstance(found, list), f"{what}: there is no output")
    for record, merged in zip(wanted, found):
        expect_equal(merged, record, f"{what}, ids {record['ids']}")
    expect_equal(len(found), len(wanted), f"{what}: number of people")
