-- Whose an API token is: it ends with its maker's rights. 0: made over the local socket. And the TLS
-- certificate, or key, that a session began with and is bound to.
ALTER TABLE api_token ADD COLUMN administrator_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN pin_of_key INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN pin_sha256 BLOB;

UPDATE api_token SET administrator_id = (
	SELECT id FROM administrator WHERE 'administrator:' || name = created_by
) WHERE created_by IN (SELECT 'administrator:' || name FROM administrator);
-- makers who are gone: what they made should have gone with them
DELETE FROM api_token WHERE administrator_id = 0 AND created_by LIKE 'administrator:%';
DELETE FROM session WHERE administrator_id IN (SELECT administrator_id FROM administrator_pin);
CREATE INDEX api_token_by_administrator ON api_token (administrator_id);
