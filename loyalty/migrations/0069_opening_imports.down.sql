-- Why files were taken in is lost; the points stay.
DROP TABLE opening_imports;
