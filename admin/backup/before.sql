-- Everything up to the end of after.sql is one transaction: what fails or differs leaves all as it was.
\o /dev/null
SET lock_timeout = '10s';
SET client_min_messages = warning;
BEGIN;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
COMMENT ON SCHEMA public IS 'standard public schema';
-- As every database has it; the dump says what is different.
