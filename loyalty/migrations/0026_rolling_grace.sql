-- Grace goes with rolling windows, too: so many days after the last at whose end the tier was reached.
ALTER TABLE tier_sets
    DROP CONSTRAINT tier_sets_check,
    ADD CHECK (requalification = 'period_end'
               OR (downgrade = 'free_fall' AND (grace_days = 0 OR qualifying_window->>'kind' LIKE 'rolling%')));
