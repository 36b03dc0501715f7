-- The steps that a refused request took, and what each of them saw; '' of what was issued, and of what the trace is not known.
ALTER TABLE event ADD COLUMN trace TEXT NOT NULL DEFAULT '';
