-- Goals of the programme beside those of cases: the average rating (its share of five stars) and what is redeemed.
ALTER TABLE case_goals
    DROP CONSTRAINT case_goals_kind_check,
    ADD CHECK (kind IN ('reply', 'resolve', 'csat', 'rating', 'redemption'));
