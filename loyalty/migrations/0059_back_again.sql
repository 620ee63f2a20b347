-- When somebody who had left became a member again: from then on earlier joinings are of another membership.
ALTER TABLE members ADD COLUMN rejoined_at timestamptz;
