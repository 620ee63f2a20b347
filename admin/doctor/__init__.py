"""`regulars doctor`: looks an installation over and says how to mend what it finds."""
