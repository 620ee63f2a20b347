"""SQL of care: events folded into parcels and stock, and orders in trouble. All of it in sets."""

READ_UNTIL = "SELECT read_until FROM case_care_reads WHERE merchant_id = $1"
HAVE_READ = """
    INSERT INTO case_care_reads AS k (merchant_id, read_until) VALUES ($1, $2)
    ON CONFLICT (merchant_id) DO UPDATE SET read_until = greatest(k.read_until, $2)
"""
# The list is said in full, so that the index of these types is used. What is malformed is left out.
_EVENTS = """
    FROM events e
    WHERE e.merchant_id = $1 AND e.received_at > $2
      AND e.type IN ('shipment.created', 'shipment.scanned', 'shipment.delayed', 'order.fulfilled',
                     'stock.changed')
"""
# Repeated, late and in any order: the same events once more change nothing.
FOLD_PARCELS = f"""
    WITH told AS (
        SELECT left(e.data ->> 'order_id', 200) AS order_word,
               CASE WHEN e.type = 'order.fulfilled' THEN ''
                    ELSE left(coalesce(e.data ->> 'tracking', ''), 200) END AS tracking,
               left(coalesce(e.data ->> 'carrier', ''), 100) AS carrier, e.occurred_at,
               CASE WHEN pg_input_is_valid(e.data ->> 'promised_at', 'timestamptz')
                    THEN (e.data ->> 'promised_at')::timestamptz END AS promised_at
        {_EVENTS} AND e.type <> 'stock.changed' AND e.data ->> 'order_id' <> '')
    INSERT INTO case_parcels AS p
        (merchant_id, order_word, tracking, carrier, promised_at, promised_as_of, moved_at)
    SELECT $1, order_word, tracking,
           coalesce((array_agg(carrier ORDER BY occurred_at DESC) FILTER (WHERE carrier <> ''))[1], ''),
           (array_agg(promised_at ORDER BY occurred_at DESC) FILTER (WHERE promised_at IS NOT NULL))[1],
           max(occurred_at) FILTER (WHERE promised_at IS NOT NULL), max(occurred_at)
    FROM told GROUP BY order_word, tracking ORDER BY order_word, tracking
    ON CONFLICT (merchant_id, order_word, tracking) DO UPDATE SET
        carrier = CASE WHEN excluded.carrier <> '' THEN excluded.carrier ELSE p.carrier END,
        promised_at = CASE WHEN excluded.promised_as_of >= p.promised_as_of OR p.promised_as_of IS NULL
                           THEN excluded.promised_at ELSE p.promised_at END,
        promised_as_of = greatest(p.promised_as_of, excluded.promised_as_of),
        moved_at = greatest(p.moved_at, excluded.moved_at)
"""
FOLD_STOCK = f"""
    INSERT INTO case_stock AS s (merchant_id, sku, available, as_of)
    SELECT DISTINCT ON (sku) $1, sku, available, occurred_at
    FROM (SELECT left(e.data ->> 'sku', 200) AS sku, e.occurred_at,
                 CASE WHEN pg_input_is_valid(e.data ->> 'available', 'bigint')
                      THEN (e.data ->> 'available')::bigint END AS available
          {_EVENTS} AND e.type = 'stock.changed' AND e.data ->> 'sku' <> '') told
    WHERE available IS NOT NULL ORDER BY sku, occurred_at DESC
    ON CONFLICT (merchant_id, sku) DO UPDATE SET available = excluded.available, as_of = excluded.as_of
    WHERE s.as_of <= excluded.as_of
"""

# An order that somebody still waits for.
_WAITED_FOR = """
    o.paid_at IS NOT NULL AND o.delivered_at IS NULL AND o.cancelled_at IS NULL
    AND (o.refunded_minor < o.amount_minor OR o.amount_minor = 0)
    AND EXISTS (SELECT FROM customers c
                JOIN customers s ON s.id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
                WHERE c.id = o.customer_id AND s.deleted_at IS NULL)
"""
_UNTOLD = "NOT EXISTS (SELECT FROM case_care k WHERE k.order_id = o.id AND k.reason = '{reason}')"
# $2: what lies before it is late; $3: but no older than this; $4: how many.
LATE = f"""
    SELECT DISTINCT ON (o.id) o.id AS order_id, o.customer_id, p.promised_at AS at, p.carrier, '' AS product
    FROM case_parcels p JOIN orders o ON o.merchant_id = p.merchant_id AND o.external_id = p.order_word
    WHERE p.merchant_id = $1 AND p.promised_at <= $2 AND p.promised_at > $3
      AND {_WAITED_FOR} AND {_UNTOLD.format(reason="late_promise")}
    ORDER BY o.id, p.promised_at LIMIT $4
"""
SILENT = f"""
    SELECT DISTINCT ON (o.id) o.id AS order_id, o.customer_id, p.moved_at AS at, p.carrier, '' AS product
    FROM case_parcels p JOIN orders o ON o.merchant_id = p.merchant_id AND o.external_id = p.order_word
    WHERE p.merchant_id = $1 AND p.tracking <> '' AND p.moved_at <= $2 AND p.moved_at > $3
      AND {_WAITED_FOR} AND {_UNTOLD.format(reason="silent_carrier")}
    ORDER BY o.id, p.moved_at LIMIT $4
"""
# Who paid last goes without: from the newest order (after $2) on, until the missing units are found.
SHORT = f"""
    WITH waiting AS (
        SELECT o.id AS order_id, o.customer_id, o.paid_at, l.name, -s.available AS missing,
               sum(l.quantity) OVER (PARTITION BY l.sku ORDER BY o.paid_at DESC, o.id DESC, l.line_id)
                   - l.quantity AS before, s.as_of
        FROM case_stock s
        JOIN order_lines l ON l.merchant_id = s.merchant_id AND l.sku = s.sku
        JOIN orders o ON o.id = l.order_id
        WHERE s.merchant_id = $1 AND s.available < 0 AND o.paid_at > $2 AND {_WAITED_FOR}
          AND NOT EXISTS (SELECT FROM case_parcels p
                          WHERE p.merchant_id = o.merchant_id AND p.order_word = o.external_id))
    SELECT DISTINCT ON (o.order_id) o.order_id, o.customer_id, o.as_of AS at, '' AS carrier, o.name AS product
    FROM waiting o WHERE o.before < o.missing
      AND NOT EXISTS (SELECT FROM case_care k WHERE k.order_id = o.order_id AND k.reason = 'stock_gone')
    ORDER BY o.order_id LIMIT $3
"""
NOTICED = """
    INSERT INTO case_care (merchant_id, order_id, reason, case_id, noticed_at)
    SELECT $1, order_id, $2, case_id, $3 FROM unnest($4::uuid[], $5::uuid[]) AS t (order_id, case_id)
"""
STILL = f"""
    SELECT o.external_id AS order_word, c.id AS case_id, c.due_at, s.name AS owner, o.customer_id
    FROM case_care k JOIN orders o ON o.id = k.order_id JOIN cases c ON c.id = k.case_id
    LEFT JOIN staff s ON s.id = c.owner_id
    WHERE k.order_id = $1 AND k.reason = $2 AND {_WAITED_FOR}
"""
