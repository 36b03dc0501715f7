-- What the console is served with until the node has a certificate: made by the node itself.
CREATE TABLE console_identity (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	chain_pem BLOB NOT NULL,
	encrypted_key BLOB NOT NULL
);
