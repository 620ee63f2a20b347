-- Who was signed out since would be signed in again.
UPDATE public.sessions SET revoked_at = now() WHERE revoked_at IS NULL;
DELETE FROM public.login_links WHERE used_at IS NULL;
