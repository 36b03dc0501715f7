-- Who may use the console and the REST API. Secrets are kept as hashes, verifiers or encrypted.

CREATE TABLE administrator (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	locked INTEGER NOT NULL,
	created INTEGER NOT NULL,
	-- argon2id's text; empty until a password is chosen
	password BLOB NOT NULL,
	-- of RFC 6238: the secret is derived from this and from what lies outside the store; empty: none.
	-- And the last time step that was used, so that none is used twice
	totp_nonce BLOB NOT NULL,
	totp_step INTEGER NOT NULL
);

-- Account 0 is the node with all its accounts.
CREATE TABLE administrator_role (
	administrator_id INTEGER NOT NULL REFERENCES administrator (id),
	account_id INTEGER NOT NULL,
	role INTEGER NOT NULL,
	PRIMARY KEY (administrator_id, account_id)
);

-- One use, to sign in without a password: the first time, or after it was lost.
CREATE TABLE login_link (
	code_hash BLOB PRIMARY KEY,
	administrator_id INTEGER NOT NULL REFERENCES administrator (id),
	ends INTEGER NOT NULL
);

CREATE TABLE session (
	token_hash BLOB PRIMARY KEY,
	administrator_id INTEGER NOT NULL REFERENCES administrator (id),
	created INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	peer TEXT NOT NULL
);
CREATE INDEX session_by_administrator ON session (administrator_id);

CREATE TABLE api_token (
	id INTEGER PRIMARY KEY,
	token_hash BLOB NOT NULL UNIQUE,
	account_id INTEGER NOT NULL,
	role INTEGER NOT NULL,
	name TEXT NOT NULL,
	created_by TEXT NOT NULL,
	created INTEGER NOT NULL,
	ends INTEGER NOT NULL,
	last_used INTEGER NOT NULL,
	UNIQUE (account_id, name)
);
