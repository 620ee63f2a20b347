-- A lease that ran when the backup was taken has nobody who could end it.
UPDATE public.outbox SET available_at = now()
WHERE parked_at IS NULL AND available_at > now()
  AND available_at <= :'taken_at'::timestamptz + make_interval(secs => :lease_s);
COMMIT;
