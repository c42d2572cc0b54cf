"""Coins become goods and services at merchants."""
