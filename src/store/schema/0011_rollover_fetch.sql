-- Who fetched /cacerts while a CA was being replaced: a device by what its certificate was issued to
-- (kind 1), anybody else by address (kind 0). Each counts once, up to a bound.
CREATE TABLE rollover_fetch (
	rollover_id INTEGER NOT NULL REFERENCES ca_rollover (id),
	kind INTEGER NOT NULL,
	who INTEGER NOT NULL,
	PRIMARY KEY (rollover_id, kind, who)
);

CREATE TABLE rollover_fetch_count (
	rollover_id INTEGER NOT NULL REFERENCES ca_rollover (id),
	kind INTEGER NOT NULL,
	fetches INTEGER NOT NULL,
	PRIMARY KEY (rollover_id, kind)
);
