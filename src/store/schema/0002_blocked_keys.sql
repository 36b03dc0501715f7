-- Keys that no certificate is issued for: 32 octets are the SHA-256 of a SubjectPublicKeyInfo, 10 the
-- short fingerprint of an RSA modulus as Debian's lists of weak keys have it.
CREATE TABLE blocked_key (
	fingerprint BLOB PRIMARY KEY,
	created INTEGER NOT NULL,
	remark TEXT NOT NULL
);
