-- What loyalty may know of a customer's reviews: when, and how they felt. As long as the review stands, by the newest
-- score of its present wording. A segment that uses it is tainted by reviews.
CREATE VIEW member_opinions WITH (security_invoker) AS
SELECT r.customer_id, r.received_at AS at, s.sentiment
FROM reviews r
CROSS JOIN LATERAL (SELECT x.sentiment FROM review_scores x
                    WHERE x.review_id = r.id AND x.version = r.version ORDER BY x.scored_at DESC LIMIT 1) s
WHERE r.customer_id IS NOT NULL AND r.state = 'live';
GRANT SELECT ON member_opinions TO regulars_app;
