-- Certificates that a CA of ours has signed and that are not in the store, as they were shown to us.
CREATE TABLE unknown_certificate (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	ca_id INTEGER NOT NULL,
	fingerprint BLOB NOT NULL UNIQUE,
	serial BLOB NOT NULL,
	not_before INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	first_seen INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	times INTEGER NOT NULL,
	profile_id INTEGER NOT NULL,
	subject TEXT NOT NULL,
	peer TEXT NOT NULL,
	der BLOB NOT NULL
);
CREATE INDEX unknown_certificate_by_account ON unknown_certificate (account_id, id);
CREATE INDEX unknown_certificate_by_serial ON unknown_certificate (account_id, serial);
