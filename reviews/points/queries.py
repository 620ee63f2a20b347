"""The SQL of points for reviews; everything runs in the open transaction of the merchant."""

# Once and for ever: which entry of the ledger gave points for a review.
DISCLOSE = """
    UPDATE reviews r SET incentivised = true, disclosure_journal_id = n.journal_id
    FROM unnest($1::uuid[], $2::uuid[]) AS n (id, journal_id)
    WHERE r.id = n.id AND r.disclosure_journal_id IS NULL
"""
# What the reviews are about that these events of loyalty.earning tell of.
PRODUCTS = """
    SELECT e.id, coalesce(nullif(r.product_name, ''), r.product_sku) AS product
    FROM earning_events e
    JOIN reviews r ON r.id = CASE WHEN e.trigger = 'review' THEN split_part(e.key, ':', 2)::uuid END
    WHERE e.id = ANY ($1::uuid[])
"""
