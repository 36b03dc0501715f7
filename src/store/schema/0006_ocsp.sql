-- Who answers OCSP for a CA: the certificate in use and where its key lies.

CREATE TABLE ocsp_responder (
	ca_id INTEGER PRIMARY KEY REFERENCES ca (id),
	certificate_id INTEGER NOT NULL REFERENCES certificate (id),
	key_name TEXT NOT NULL
);
