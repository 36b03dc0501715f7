-- A CA's key is being replaced: the new CA stands beside the old, with the cross certificates of two
-- roots, until the rollover is finished (0: under way).
CREATE TABLE ca_rollover (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	old_ca_id INTEGER NOT NULL,
	new_ca_id INTEGER NOT NULL,
	started INTEGER NOT NULL,
	finished INTEGER NOT NULL,
	old_with_new BLOB,
	new_with_old BLOB,
	UNIQUE (account_id, id),
	FOREIGN KEY (account_id, old_ca_id) REFERENCES ca (account_id, id),
	FOREIGN KEY (account_id, new_ca_id) REFERENCES ca (account_id, id)
);

-- Certificates that a CA had for the same key before its present one: what was issued under them names
-- them, so they stay where they can be fetched.
CREATE TABLE ca_former_cert (
	id INTEGER PRIMARY KEY,
	ca_id INTEGER NOT NULL REFERENCES ca (id),
	cert BLOB NOT NULL
);
