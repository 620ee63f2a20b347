"""Reviews in a staff member's language, by a language model, where the installation names one."""
