"""Shapes of what partners and merchants send and get."""
