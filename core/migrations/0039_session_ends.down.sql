DROP INDEX sessions_ends;
