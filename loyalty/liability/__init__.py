"""Outstanding points as money, by month and cohort; months can be closed."""
