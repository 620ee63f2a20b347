"""Referrals: members bring friends; both are rewarded for the friend's first kept order."""
