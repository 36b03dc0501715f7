-- The devices that a profile knows, and the codes with which they enroll.

-- lookup is the identity as it is compared: lower case, single spaces.
CREATE TABLE device (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL,
	profile_id INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	identity TEXT NOT NULL,
	lookup TEXT NOT NULL,
	name TEXT NOT NULL,
	remark TEXT NOT NULL,
	created INTEGER NOT NULL,
	suspended_at INTEGER NOT NULL,
	certificate_id INTEGER NOT NULL,
	UNIQUE (profile_id, lookup, kind),
	FOREIGN KEY (account_id, profile_id) REFERENCES profile (account_id, id)
);
CREATE INDEX device_by_profile ON device (profile_id, id);

-- Whose an issued certificate is: a device is known again by what it got here.
CREATE TABLE device_certificate (
	certificate_id INTEGER PRIMARY KEY,
	device_id INTEGER NOT NULL REFERENCES device (id)
);
CREATE INDEX device_certificate_by_device ON device_certificate (device_id);

-- Verifiers; a keyed hash is found by its first 64 bits. A device has one code; those of device_id 0
-- are for whoever holds them.
CREATE TABLE device_code (
	id INTEGER PRIMARY KEY,
	profile_id INTEGER NOT NULL REFERENCES profile (id),
	device_id INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	verifier_index INTEGER NOT NULL,
	verifier BLOB NOT NULL,
	created INTEGER NOT NULL,
	ends INTEGER NOT NULL,
	uses_max INTEGER NOT NULL,
	uses INTEGER NOT NULL,
	failures INTEGER NOT NULL,
	locked_at INTEGER NOT NULL
);
CREATE INDEX device_code_by_verifier ON device_code (verifier_index);
CREATE UNIQUE INDEX device_code_by_device ON device_code (device_id) WHERE device_id <> 0;
CREATE INDEX device_code_by_profile ON device_code (profile_id, id);
