-- The first schema. Written for SQLite and PostgreSQL alike: INTEGER is 64 bits wide, BLOB is bytes,
-- and an id that is INTEGER PRIMARY KEY is given by the database, larger than all before it (the
-- PostgreSQL driver spells these three its own way).
--
-- Enumerations are kept as the numbers of their C enum, which therefore never change; reasons as their
-- codes. Times are Unix seconds, 0 means "none". Hashes are SHA-256. An index over a hash or a long
-- text holds its first 64 bits only: a tenth of the size, and the row tells the rest.

-- What operators set. Composite references keep every row inside its account.

CREATE TABLE account (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	oid_arc TEXT NOT NULL
);

CREATE TABLE address (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	notation TEXT NOT NULL,
	remark TEXT NOT NULL,
	first_address BLOB NOT NULL,
	last_address BLOB NOT NULL,
	UNIQUE (account_id, first_address, last_address)
);

CREATE TABLE ca (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	name TEXT NOT NULL,
	key_name TEXT NOT NULL,
	state INTEGER NOT NULL,
	parent_id INTEGER,
	cert BLOB NOT NULL,
	UNIQUE (account_id, name),
	UNIQUE (account_id, id),
	FOREIGN KEY (account_id, parent_id) REFERENCES ca (account_id, id)
);

CREATE TABLE ca_chain (
	ca_id INTEGER NOT NULL REFERENCES ca (id),
	place INTEGER NOT NULL,
	cert BLOB NOT NULL,
	PRIMARY KEY (ca_id, place)
);

CREATE TABLE anchor (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	ca_id INTEGER,
	fingerprint BLOB NOT NULL,
	cert BLOB NOT NULL,
	UNIQUE (account_id, fingerprint),
	FOREIGN KEY (account_id, ca_id) REFERENCES ca (account_id, id)
);

CREATE TABLE profile (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	ca_id INTEGER NOT NULL,
	name TEXT NOT NULL,
	oid TEXT NOT NULL UNIQUE,
	state INTEGER NOT NULL,
	version INTEGER NOT NULL,
	UNIQUE (account_id, name),
	UNIQUE (account_id, id),
	FOREIGN KEY (account_id, ca_id) REFERENCES ca (account_id, id)
);

CREATE TABLE profile_version (
	profile_id INTEGER NOT NULL REFERENCES profile (id),
	version INTEGER NOT NULL,
	created INTEGER NOT NULL,
	settings TEXT NOT NULL,
	PRIMARY KEY (profile_id, version)
);

-- Every OID and alias that any profile ever had, so that none passes to another.
CREATE TABLE label (
	label TEXT PRIMARY KEY,
	profile_id INTEGER NOT NULL REFERENCES profile (id)
);

CREATE TABLE passphrase (
	id INTEGER PRIMARY KEY,
	profile_id INTEGER NOT NULL REFERENCES profile (id),
	kind INTEGER NOT NULL,
	verifier BLOB NOT NULL,
	created INTEGER NOT NULL,
	ends INTEGER NOT NULL
);

CREATE TABLE catalog (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	version INTEGER NOT NULL,
	default_profile_id INTEGER REFERENCES profile (id)
);
INSERT INTO catalog (id, version) VALUES (1, 1);

CREATE TABLE tls_identity (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	chain_pem BLOB NOT NULL,
	encrypted_key BLOB NOT NULL
);

-- What was issued. der stands last, so that reading the other columns does not read it.

CREATE TABLE certificate (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	ca_id INTEGER NOT NULL,
	profile_id INTEGER NOT NULL,
	profile_version INTEGER NOT NULL,
	state INTEGER NOT NULL,
	purpose INTEGER NOT NULL,
	operation INTEGER,
	serial BLOB NOT NULL,
	not_before INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	created INTEGER NOT NULL,
	key_index INTEGER NOT NULL,
	key_hash BLOB NOT NULL,
	identity_hash BLOB NOT NULL,
	subject_index INTEGER NOT NULL,
	renews_id INTEGER NOT NULL,
	renewed_by_id INTEGER NOT NULL,
	revoked_at INTEGER NOT NULL,
	revocation_reason INTEGER NOT NULL,
	invalidity_date INTEGER NOT NULL,
	subject TEXT NOT NULL,
	san TEXT NOT NULL,
	peer TEXT NOT NULL,
	requested_by TEXT NOT NULL,
	request_id TEXT NOT NULL,
	der BLOB NOT NULL
);
CREATE UNIQUE INDEX certificate_by_serial ON certificate (ca_id, serial);
CREATE INDEX certificate_by_key ON certificate (key_index, created);
CREATE INDEX certificate_by_subject ON certificate (subject_index);
CREATE INDEX certificate_by_account ON certificate (account_id, id);
CREATE INDEX certificate_by_end ON certificate (account_id, not_after);
-- All that is not simply issued: few, so that they are listed, and taken off a count, quickly.
CREATE INDEX certificate_exceptions ON certificate (state, account_id, id, revoked_at, not_after)
	WHERE state <> 1;

CREATE TABLE ra_scope (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	certificate_id INTEGER NOT NULL REFERENCES certificate (id),
	name TEXT NOT NULL,
	all_profiles INTEGER NOT NULL,
	UNIQUE (account_id, id),
	UNIQUE (certificate_id)
);

CREATE TABLE ra_scope_profile (
	account_id INTEGER NOT NULL,
	ra_scope_id INTEGER NOT NULL,
	profile_id INTEGER NOT NULL,
	PRIMARY KEY (ra_scope_id, profile_id),
	FOREIGN KEY (account_id, ra_scope_id) REFERENCES ra_scope (account_id, id),
	FOREIGN KEY (account_id, profile_id) REFERENCES profile (account_id, id)
);

-- What happened. The audit log refers to nothing, so that nothing can be in its way.

CREATE TABLE audit (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	actor TEXT NOT NULL,
	action TEXT NOT NULL,
	object TEXT NOT NULL,
	value_before TEXT,
	value_after TEXT,
	hash BLOB NOT NULL
);
CREATE INDEX audit_by_account ON audit (account_id, id);

CREATE TABLE event (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	profile_id INTEGER NOT NULL,
	certificate_id INTEGER NOT NULL,
	operation INTEGER,
	reason TEXT NOT NULL,
	request_id TEXT NOT NULL,
	peer TEXT NOT NULL,
	client TEXT NOT NULL,
	detail TEXT NOT NULL,
	label TEXT NOT NULL
);
