"""The SQL of disclosures; everything runs in the open transaction of the merchant."""

# Once and for ever: which entry of the ledger gave points for a review.
DISCLOSE = """
    UPDATE reviews r SET incentivised = true, disclosure_journal_id = n.journal_id
    FROM unnest($1::uuid[], $2::uuid[]) AS n (id, journal_id)
    WHERE r.id = n.id AND r.disclosure_journal_id IS NULL
"""
