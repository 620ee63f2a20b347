DROP INDEX IF EXISTS cases_open_numbers;
