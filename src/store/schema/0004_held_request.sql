-- Requests that wait for an operator's decision: one for each profile, key and identity. Another
-- content is another row, with another request_id.
CREATE TABLE held_request (
	id INTEGER PRIMARY KEY,
	account_id INTEGER NOT NULL REFERENCES account (id),
	profile_id INTEGER NOT NULL,
	profile_version INTEGER NOT NULL,
	state INTEGER NOT NULL,
	operation INTEGER NOT NULL,
	renews_id INTEGER NOT NULL,
	request_id TEXT NOT NULL UNIQUE,
	key_hash BLOB NOT NULL,
	identity_hash BLOB NOT NULL,
	content_hash BLOB NOT NULL,
	validity_seconds INTEGER NOT NULL,
	created INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	polls INTEGER NOT NULL,
	ends INTEGER NOT NULL,
	decided INTEGER NOT NULL,
	certificate_id INTEGER NOT NULL,
	decided_by TEXT NOT NULL,
	remark TEXT NOT NULL,
	subject TEXT NOT NULL,
	san TEXT NOT NULL,
	requested_by TEXT NOT NULL,
	peer TEXT NOT NULL,
	tbs BLOB NOT NULL,
	UNIQUE (profile_id, key_hash, identity_hash),
	FOREIGN KEY (account_id, profile_id) REFERENCES profile (account_id, id)
);
CREATE INDEX held_request_by_account ON held_request (account_id, id);
CREATE INDEX held_request_by_end ON held_request (ends);
-- What is counted before another may wait.
CREATE INDEX held_request_pending ON held_request (profile_id, peer) WHERE state = 0;
