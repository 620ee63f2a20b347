-- Today is added up, too, and added to: a day that is not over grows.
GRANT UPDATE ON liability_days TO regulars_app;
