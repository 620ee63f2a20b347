"""The audit log: triggers write it, in the transaction of each deed; here is who acts, and what is read."""
