REVOKE UPDATE ON liability_days FROM regulars_app;
