DROP INDEX IF EXISTS cases_state_numbers;
