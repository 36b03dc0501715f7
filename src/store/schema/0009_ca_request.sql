-- CAs whose certificate is to come from elsewhere: the key is here, the request went out. One with a
-- ca_id asks for a new certificate of a CA that is there.
CREATE TABLE ca_request (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	name TEXT NOT NULL,
	key_name TEXT NOT NULL,
	ca_id INTEGER,
	created INTEGER NOT NULL,
	csr BLOB NOT NULL,
	UNIQUE (account_id, name),
	FOREIGN KEY (account_id, ca_id) REFERENCES ca (account_id, id)
);
