"""SQL over changes.

While the next version of the program runs beside this one there may be changes of a kind that this one does
not know: whatever reads changes is given the kinds that there is code for.
"""

_CHANGE = """
SELECT c.id, c.kind, c.subject, c.name, c.definition, c.base, c.back_to, c.state, c.shown, c.moved, c.note,
       c.version, c.created_at, c.asked_at, c.decided_at, c.publish_at, c.published_at, c.ended_at,
       c.asked_by, c.decided_by, c.published_by, a.name AS author, b.name AS asker, d.name AS approver,
       p.name AS publisher
FROM changes c
LEFT JOIN staff a ON a.id = c.created_by LEFT JOIN staff b ON b.id = c.asked_by
LEFT JOIN staff d ON d.id = c.decided_by LEFT JOIN staff p ON p.id = c.published_by
"""
ONE = _CHANGE + "WHERE c.id = $1 AND c.kind = ANY ($2::text[])"
LOCK = "SELECT state FROM changes WHERE id = $1 FOR UPDATE"
PENDING = (
    _CHANGE
    + """WHERE c.state IN ('draft', 'asked', 'approved', 'scheduled') AND c.kind = ANY ($4::text[])
  AND ($1::text IS NULL OR c.kind = $1) AND ($2::text IS NULL OR c.subject = $2)
ORDER BY c.created_at, c.id LIMIT $3"""
)
DONE = (
    _CHANGE
    + """WHERE c.state IN ('live', 'superseded', 'rolled_back') AND c.kind = ANY ($4::text[])
  AND ($1::text IS NULL OR c.kind = $1) AND ($2::text IS NULL OR c.subject = $2)
ORDER BY c.published_at DESC, c.id DESC LIMIT $3"""
)
LOCK_DUE = """
SELECT true FROM changes WHERE id = $1 AND state = 'scheduled' AND publish_at <= $2 FOR UPDATE
"""
DUE = """
SELECT id, kind, subject FROM changes
WHERE state = 'scheduled' AND publish_at <= $1 AND kind = ANY ($2::text[])
ORDER BY publish_at, id
"""

ADD = """
INSERT INTO changes (merchant_id, kind, subject, name, definition, base, back_to, shown, created_by,
                     created_at)
VALUES (current_merchant(), $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
"""
SAVE = """
UPDATE changes SET name = $2, definition = $3, base = $4, back_to = $5, shown = $6, note = ''
WHERE id = $1
"""
DROP = "DELETE FROM changes WHERE id = $1"
ASK = "UPDATE changes SET state = 'asked', asked_by = $2, asked_at = $3, note = '' WHERE id = $1"
APPROVE = "UPDATE changes SET state = 'approved', decided_by = $2, decided_at = $3 WHERE id = $1"
BACK = """
UPDATE changes SET state = 'draft', asked_by = NULL, asked_at = NULL, decided_by = NULL, decided_at = NULL,
                   publish_at = NULL, published_by = NULL, note = $2
WHERE id = $1
"""
SCHEDULE = "UPDATE changes SET state = 'scheduled', publish_at = $2, published_by = $3 WHERE id = $1"
TAKE_BACK = """
UPDATE changes SET state = CASE WHEN decided_by IS NULL THEN 'draft' ELSE 'approved' END, publish_at = NULL,
                   published_by = NULL
WHERE id = $1
"""
END = """
UPDATE changes SET state = CASE WHEN $3 THEN 'rolled_back' ELSE 'superseded' END, ended_at = $4
WHERE kind = $1 AND subject = $2 AND state = 'live'
"""
PUBLISH = """
UPDATE changes SET state = 'live', version = $2, moved = $3, published_by = $4, published_at = $5
WHERE id = $1
"""

SECOND_PERSON = "SELECT second_person FROM change_settings"
SET_SECOND_PERSON = """
INSERT INTO change_settings (merchant_id, second_person, changed_by, changed_at)
VALUES (current_merchant(), $1, $2, $3)
ON CONFLICT (merchant_id) DO UPDATE SET second_person = $1, changed_by = $2, changed_at = $3
"""
PUT_BASE = "UPDATE changes SET base = $2 WHERE id = $1"
PERSON = "SELECT role FROM staff WHERE id = $1"
