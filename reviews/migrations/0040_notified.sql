-- Requests for reviews go out as every message to a customer does: what people want, quiet hours and the end of
-- such mails are those of notifications.

INSERT INTO notification_settings (merchant_id, quiet_from, quiet_until, marketing_needs_consent, kinds, changed_by, changed_at)
SELECT DISTINCT ON (merchant_id) merchant_id, quiet_from, quiet_until, false, '{}', changed_by, changed_at
FROM review_invitation_settings ORDER BY merchant_id, id DESC;
ALTER TABLE review_invitation_settings DROP quiet_from, DROP quiet_until;

INSERT INTO notification_choices (merchant_id, customer_id, about, channel, wanted, via, said_at)
SELECT x.merchant_id, x.customer_id, 'reviews', 'mail', said.wanted, 'link', said.at
FROM review_opt_outs x CROSS JOIN LATERAL (VALUES (false, x.out_at), (true, x.in_at)) AS said (wanted, at)
WHERE said.at IS NOT NULL ORDER BY said.at;
DROP TABLE review_opt_outs;

INSERT INTO notification_links (token_hash, merchant_id, customer_id, about, channel, expires_at)
SELECT l.token_hash, l.merchant_id, i.customer_id, 'reviews', 'mail', l.expires_at
FROM review_invitation_links l JOIN review_invitations i ON i.id = l.invitation_id WHERE l.purpose = 'unsubscribe';
DELETE FROM review_invitation_links WHERE purpose = 'unsubscribe';
ALTER TABLE review_invitation_links DROP purpose;

ALTER TABLE review_invitations
    DROP CONSTRAINT review_invitations_skip_reason_check,
    ADD CONSTRAINT review_invitations_skip_reason_check CHECK (skip_reason IN
        ('no_address', 'opted_out', 'no_consent', 'cooldown', 'reviewed', 'too_late'));
