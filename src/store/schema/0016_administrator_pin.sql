-- The TLS certificate, or its key, that an administrator must sign in with beside the password.
CREATE TABLE administrator_pin (
	administrator_id INTEGER PRIMARY KEY REFERENCES administrator (id),
	of_key INTEGER NOT NULL,
	sha256 BLOB NOT NULL,
	-- DER, for browsers to choose by
	issuer BLOB NOT NULL
);
