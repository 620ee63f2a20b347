-- A campaign begins by a change, too: what is approved by two people for a rule is for a campaign's rules.
ALTER TABLE changes DROP CONSTRAINT changes_kind_check;
ALTER TABLE changes ADD CONSTRAINT changes_kind_check
    CHECK (kind IN ('tiers', 'rule', 'wallet', 'campaign')) NOT VALID;
ALTER TABLE changes VALIDATE CONSTRAINT changes_kind_check;
