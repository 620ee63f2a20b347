-- A customer's birthday, month and day: the year is nobody's business. Erased with the profile.
ALTER TABLE customer_profiles
    ADD COLUMN birthday text CHECK (birthday ~ '^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$');
CREATE INDEX customer_profiles_birthday ON customer_profiles (merchant_id, birthday) WHERE birthday IS NOT NULL;
