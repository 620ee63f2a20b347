DROP INDEX tier_changes_time;
DROP TABLE liability_rolls, liability_days;
