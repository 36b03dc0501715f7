-- What certificates are found by: how the words of their names begin. Filled behind the writes, up to the mark.
CREATE TABLE certificate_word (
	account_id INTEGER NOT NULL,
	word TEXT NOT NULL,
	certificate_id INTEGER NOT NULL
);
CREATE INDEX certificate_word_by_word ON certificate_word (account_id, word, certificate_id);

CREATE TABLE search_mark (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	certificate_id INTEGER NOT NULL
);
INSERT INTO search_mark (id, certificate_id) VALUES (1, 0);
