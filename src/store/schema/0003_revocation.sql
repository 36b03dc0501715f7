-- What relying parties are told: the CRLs in force, and what a CRL lists, from an index alone.

CREATE INDEX certificate_revoked ON certificate
	(ca_id, revoked_at, not_after, revocation_reason, invalidity_date, serial)
	WHERE state = 2;

-- How often a CA's list of revoked certificates has changed: a CRL that was made at an older number
-- is out of date. An entry that begins in the future counts when it is entered, and again by its time.
CREATE TABLE revocation_change (
	ca_id INTEGER PRIMARY KEY,
	changes INTEGER NOT NULL
);

-- Holds that ended, for delta CRLs to take them off.
CREATE TABLE released_hold (
	ca_id INTEGER NOT NULL,
	serial BLOB NOT NULL,
	released_at INTEGER NOT NULL,
	PRIMARY KEY (ca_id, serial)
);

CREATE TABLE crl (
	ca_id INTEGER NOT NULL REFERENCES ca (id),
	kind INTEGER NOT NULL,
	number INTEGER NOT NULL,
	base_number INTEGER NOT NULL,
	changes INTEGER NOT NULL,
	this_update INTEGER NOT NULL,
	next_update INTEGER NOT NULL,
	entries INTEGER NOT NULL,
	der BLOB NOT NULL,
	PRIMARY KEY (ca_id, kind)
);
