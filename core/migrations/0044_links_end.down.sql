DROP INDEX login_links_expiry;
