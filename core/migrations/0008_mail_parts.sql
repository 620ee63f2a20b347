-- A mail may have a second form with links on pictures, and headers such as that of the one-click unsubscription.
ALTER TABLE mails
    ADD html text NOT NULL DEFAULT '',
    ADD headers jsonb NOT NULL DEFAULT '{}';
