-- What a cycle was promised is known of the case, too: a cycle may begin without a clock. And a month counts what is given without a limit.

ALTER TABLE cases
    ADD terms_id uuid,                         -- of the present cycle; NULL: it began before terms were kept
    ADD FOREIGN KEY (merchant_id, terms_id) REFERENCES case_terms (merchant_id, id);
UPDATE cases c SET terms_id = k.terms_id
FROM (SELECT DISTINCT ON (case_id, cycle) case_id, cycle, terms_id FROM case_clocks
      WHERE terms_id IS NOT NULL ORDER BY case_id, cycle, kind, round) k
WHERE (k.case_id, k.cycle) = (c.id, c.cycle);

ALTER TABLE case_budget_months ALTER limit_minor DROP NOT NULL;  -- NULL: without a limit, and counted all the same
INSERT INTO case_budget_months (merchant_id, month, limit_minor, spent_minor)
SELECT r.merchant_id, date_trunc('month', r.given_at AT TIME ZONE m.time_zone)::date, NULL, sum(r.amount_minor)
FROM case_remedies r JOIN merchants m ON m.id = r.merchant_id
WHERE r.amount_minor IS NOT NULL
GROUP BY 1, 2
ON CONFLICT (merchant_id, month) DO NOTHING;
