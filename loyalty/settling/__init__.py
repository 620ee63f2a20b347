"""Settling: pending points become active when their time has come."""
