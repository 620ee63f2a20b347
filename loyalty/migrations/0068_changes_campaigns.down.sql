-- Changes of campaigns that went live stay, and are not proved again; those on their way go.
DELETE FROM changes WHERE kind = 'campaign' AND state IN ('draft', 'asked', 'approved', 'scheduled');
ALTER TABLE changes DROP CONSTRAINT changes_kind_check;
ALTER TABLE changes ADD CONSTRAINT changes_kind_check CHECK (kind IN ('tiers', 'rule', 'wallet')) NOT VALID;
