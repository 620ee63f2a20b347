-- Who was signed out since would be signed in again. No deed of those people: the log's trigger keeps out of it.
ALTER TABLE public.sessions DISABLE TRIGGER USER;
UPDATE public.sessions SET revoked_at = now() WHERE revoked_at IS NULL;
ALTER TABLE public.sessions ENABLE TRIGGER USER;
DELETE FROM public.login_links WHERE used_at IS NULL;
