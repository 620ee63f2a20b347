"""Files of rows that people bring: CSV and NDJSON of any size, read row by row."""
