-- Larger contents lie in files beside the database, `segments/NNNNNNNN`; 0: the content is in its row.
ALTER TABLE contents ADD COLUMN segment INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contents ADD COLUMN "offset" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contents ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
CREATE INDEX contents_by_segment ON contents (segment) WHERE segment > 0;
