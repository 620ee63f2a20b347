-- Which wording of the review the writer of a public reply had read: one that came since is read first.
ALTER TABLE case_messages ADD review_version int CHECK (review_version >= 0);
