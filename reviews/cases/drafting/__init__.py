"""Drafts of answers by a language model, where the installation names one; a person sends, always."""
