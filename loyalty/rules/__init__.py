"""Earning rules as data: one definition that is evaluated, said as a sentence and compiled to SQL."""
