-- What erasures reach in the history of reviews, cases and earning. docs/decisions/0024-personal.md.

-- What the shop's events said of somebody. That they happened stays, since tiers and achievements count it.
SELECT erasable('events', 'customer', 'data = ''{}''');
UPDATE erasable_history SET statement = $$
    UPDATE events SET data = jsonb_strip_nulls(jsonb_build_object(
        'customer_id', data->'customer_id', 'order_id', data->'order_id', 'carrier', data->'carrier'))
    WHERE customer = ANY ($1) OR customer IS NULL AND subject = ANY ($1)$$
WHERE table_name = 'events';
CREATE INDEX events_subject ON events (merchant_id, subject) WHERE customer IS NULL AND subject IS NOT NULL;

SELECT erasable('earning_events', 'member_id', 'data = ''{}''');

SELECT erasable('review_versions', 'review_id', 'title = ''''; body = ''''; extra = ''{}''; photo_urls = ''{}''');
SELECT erasable('review_evidence', 'review_id', 'words = ''{}''; aspects = ''{}''');
SELECT erasable('review_moderations', 'review_id', 'detail = ''{}''');
SELECT erasable('review_words', 'review_id', '');
SELECT erasable('review_text_digests', 'review_id', '');
SELECT erasable('review_insiders', 'customer_id', '');

SELECT erasable('case_events', 'case_id',
    'detail = jsonb_set(jsonb_set(detail, ''{text}'', ''""'', false), ''{remedy,message}'', ''""'', false)');
SELECT erasable('case_remedies', 'case_id', 'message = ''''');
SELECT erasable('case_arm_overrides', 'case_id', 'reason = ''—''');
SELECT erasable('case_survey_answers', 'survey_id', 'body = ''''');
SELECT erasable('case_parcels', 'order_word', '');
SELECT erasable('knowledge_votes', 'customer_id', '');

-- A wording that comes later from its source brings no words of an erased person back. The first one of a review
-- cannot: whose data is deleted has no new reviews.
CREATE FUNCTION review_words_stay_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM reviews r JOIN erasures e ON e.customer_id = r.customer_id
               WHERE r.id = NEW.review_id AND NOT e.keeps_reviews) THEN
        NEW.title := '';
        NEW.body := '';
        NEW.extra := '{}';
        NEW.photo_urls := '{}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER words_stay_erased BEFORE INSERT ON review_versions FOR EACH ROW
    WHEN (NEW.number > 1) EXECUTE FUNCTION review_words_stay_erased();
