-- What a CA signs with where nobody says otherwise: its own certificate, CAs below it, CRLs, and what
-- profiles leave to it. Empty: what keys of its type usually do.
ALTER TABLE ca ADD COLUMN signature TEXT NOT NULL DEFAULT '';
