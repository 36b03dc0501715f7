-- For people who look for a certificate by how its subject begins; both databases index what lower() gives.
CREATE INDEX certificate_by_subject_text ON certificate (account_id, lower(subject));
