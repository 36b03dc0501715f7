-- When a backup became the store: as many rows as the serial numbers' first octet is above its first
-- value. CRL numbers are above the floor since.
CREATE TABLE restoration (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	made INTEGER NOT NULL,
	crl_floor INTEGER NOT NULL
);
