"""Staff sign in with an account of their company (OpenID Connect Core 1.0, code flow with PKCE)."""
