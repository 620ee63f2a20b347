-- Whose personal data is deleted has no name beside what they wrote, and leaves no trace: reviews stay, without an author.

CREATE FUNCTION review_author_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reviews SET author = '' WHERE merchant_id = NEW.merchant_id AND customer_id = NEW.id AND author <> '';
    DELETE FROM review_traces t USING reviews r
    WHERE r.merchant_id = NEW.merchant_id AND r.customer_id = NEW.id AND t.review_id = r.id;
    RETURN NULL;
END $$;
CREATE TRIGGER reviews_without_author AFTER UPDATE OF deleted_at ON customers FOR EACH ROW
    WHEN (NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL) EXECUTE FUNCTION review_author_erased();

-- A wording that comes later brings no name back.
CREATE FUNCTION review_author_stays_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM customers WHERE id = NEW.customer_id AND deleted_at IS NOT NULL) THEN
        NEW.author := '';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER author_stays_erased BEFORE UPDATE OF author ON reviews FOR EACH ROW
    WHEN (NEW.author <> '' AND OLD.author = '') EXECUTE FUNCTION review_author_stays_erased();

-- Whose data was deleted already.
UPDATE reviews r SET author = '' FROM customers c
WHERE c.id = r.customer_id AND c.deleted_at IS NOT NULL AND r.author <> '';
