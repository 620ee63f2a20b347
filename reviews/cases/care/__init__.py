"""Care before trouble: late promises, silent carriers and stock that is gone, before anybody complains."""
