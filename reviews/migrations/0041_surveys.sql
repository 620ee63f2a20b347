-- Surveys: how content somebody is after a case was resolved, how hard it was, and whether they recommend the shop.

-- The newest row counts.
CREATE TABLE case_survey_settings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    after_resolution bool NOT NULL,
    after_hours int NOT NULL CHECK (after_hours BETWEEN 0 AND 720),
    effort bool NOT NULL,                      -- whether it is asked how hard it was, too
    recommend bool NOT NULL,                   -- after a delivery: would they recommend the shop
    recommend_after_days int NOT NULL CHECK (recommend_after_days BETWEEN 1 AND 90),
    cooldown_days int NOT NULL CHECK (cooldown_days BETWEEN 1 AND 365),
    valid_days int NOT NULL CHECK (valid_days BETWEEN 1 AND 90),
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_survey_settings_newest ON case_survey_settings (merchant_id, id DESC);
SELECT protect('case_survey_settings', 'SELECT, INSERT');
SELECT append_only('case_survey_settings');

-- Nothing here could hold what somebody gets for an answer: nobody gets anything.
CREATE TABLE case_surveys (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('resolution', 'recommend')),
    customer_id uuid NOT NULL,
    case_id uuid,                              -- of a resolution, with its cycle, who resolved it and for which team
    cycle int,
    staff_id uuid,
    team_id uuid,                              -- no foreign key: teams go, figures stay
    order_id uuid,                             -- after whose delivery a recommendation is asked for
    questions text[] NOT NULL CHECK (questions <@ ARRAY['csat', 'effort', 'nps', 'text']),
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'skipped')),
    skip_reason text NOT NULL DEFAULT '',
    made_at timestamptz NOT NULL,
    sent_at timestamptz,
    expires_at timestamptz NOT NULL,
    answered_at timestamptz,                   -- the first answer; a day later none changes any more
    opened_case_id uuid,                       -- the case that the answer opened or reopened
    UNIQUE (merchant_id, id),
    UNIQUE (merchant_id, case_id, cycle),
    UNIQUE (merchant_id, order_id),
    CHECK ((kind = 'resolution') = (case_id IS NOT NULL AND cycle IS NOT NULL)),
    CHECK ((state = 'skipped') = (skip_reason <> '')),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    FOREIGN KEY (merchant_id, opened_case_id) REFERENCES cases (merchant_id, id)
);
CREATE INDEX case_surveys_waiting ON case_surveys (merchant_id, id) WHERE state = 'waiting';
CREATE INDEX case_surveys_customer ON case_surveys (customer_id, sent_at);
CREATE INDEX case_surveys_answered ON case_surveys (merchant_id, answered_at) WHERE answered_at IS NOT NULL;
CREATE INDEX case_surveys_sent ON case_surveys (merchant_id, sent_at) WHERE sent_at IS NOT NULL;
SELECT protect('case_surveys', 'SELECT, INSERT, UPDATE');

-- The newest answer to a question counts; earlier ones stay.
CREATE TABLE case_survey_answers (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    survey_id uuid NOT NULL,
    question text NOT NULL CHECK (question IN ('csat', 'effort', 'nps', 'text')),
    score smallint,
    body text NOT NULL DEFAULT '',
    answered_at timestamptz NOT NULL,
    CHECK ((question = 'text') = (score IS NULL)),
    CHECK (question = 'text' OR body = ''),
    CHECK (score BETWEEN CASE question WHEN 'nps' THEN 0 ELSE 1 END AND CASE question WHEN 'nps' THEN 10 ELSE 5 END),
    FOREIGN KEY (merchant_id, survey_id) REFERENCES case_surveys (merchant_id, id)
);
CREATE INDEX case_survey_answers_newest ON case_survey_answers (survey_id, question, id DESC);
SELECT protect('case_survey_answers', 'SELECT, INSERT');
SELECT append_only('case_survey_answers');

CREATE TABLE case_survey_links (
    token_hash bytea PRIMARY KEY,
    merchant_id uuid NOT NULL,
    survey_id uuid NOT NULL,
    FOREIGN KEY (merchant_id, survey_id) REFERENCES case_surveys (merchant_id, id)
);
SELECT protect('case_survey_links', 'SELECT, INSERT, DELETE');
SELECT open_gate('case_survey_links', 'SELECT');

CREATE FUNCTION gate_survey_link(p_token_hash bytea) RETURNS TABLE (merchant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id FROM case_survey_links WHERE token_hash = p_token_hash;
$$;
REVOKE ALL ON FUNCTION gate_survey_link FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_survey_link TO regulars_app;
ALTER FUNCTION gate_survey_link OWNER TO regulars_gate;

-- What surveys and reports look for by time.
CREATE INDEX case_events_resolved ON case_events (merchant_id, at) WHERE kind = 'resolved';
