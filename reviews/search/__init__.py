"""Reviews found by their words, in any language, or by what they mean."""
