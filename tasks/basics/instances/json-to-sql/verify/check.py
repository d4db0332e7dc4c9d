expected = r"""BEGIN;
INSERT INTO authors (id, name, born) VALUES (1, 'Aoife O''Brien', 1974);
INSERT INTO authors (id, name, born) VALUES (2, 'Bashir Haddad', 1961);
INSERT INTO authors (id, name, born) VALUES (3, 'Chen Yu', NULL);
INSERT INTO authors (id, name, born) VALUES (4, 'aoife o''brien', 1990);
INSERT INTO books (isbn, title, author_id, price_cents, in_print) VALUES ('111', 'Nobody''s Garden', 1, 1250, 1);
INSERT INTO books (isbn, title, author_id, price_cents, in_print) VALUES ('112', 'Tides; A Primer', 2, 700, 0);
INSERT INTO books (isbn, title, author_id, price_cents, in_print) VALUES ('113', 'The "Blue" Door', 1, NULL, 0);
INSERT INTO books (isbn, title, author_id, price_cents, in_print) VALUES ('114', 'C:\new\table', 3, 50, 1);
INSERT INTO books (isbn, title, author_id, price_cents, in_print) VALUES ('115', 'Winter — ''Summer''', 4, 109999, 1);
INSERT INTO books (isbn, title, author_id, price_cents, in_print) VALUES ('116', 'Tides II', 2, NULL, 1);
INSERT INTO book_tags (isbn, tag) VALUES ('111', 'irish');
INSERT INTO book_tags (isbn, tag) VALUES ('111', 'novel');
INSERT INTO book_tags (isbn, tag) VALUES ('113', 'poems');
INSERT INTO book_tags (isbn, tag) VALUES ('115', 'co-op');
INSERT INTO book_tags (isbn, tag) VALUES ('115', 'essays');
INSERT INTO book_tags (isbn, tag) VALUES ('115', 'reissue');
INSERT INTO book_tags (isbn, tag) VALUES ('116', 'sea');
COMMIT;""".split("\n")
found = [line.rstrip() for line in read("load.sql").split("\n") if line.strip()]
for number, (wanted, line) in enumerate(zip(expected, found), 1):
    expect_equal(line, wanted, f"statement {number}")
expect_equal(len(found), len(expected), "number of lines")
