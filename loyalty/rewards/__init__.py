"""Rewards: bought with points, handed out as voucher codes."""
