-- RA certificates that were rotated and still hold for a while: they reach what their successor reaches.
CREATE TABLE ra_scope_former (
	certificate_id INTEGER PRIMARY KEY REFERENCES certificate (id),
	account_id INTEGER NOT NULL,
	ra_scope_id INTEGER NOT NULL,
	FOREIGN KEY (account_id, ra_scope_id) REFERENCES ra_scope (account_id, id)
);
CREATE INDEX ra_scope_former_by_scope ON ra_scope_former (ra_scope_id);
