-- SHA-256 of the lines read so far: whoever goes on with an import goes on with the same one.
ALTER TABLE code_imports ADD COLUMN digest bytea;
