"""Coins: the funds that pay for them, and their way into the book."""
