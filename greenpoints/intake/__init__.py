"""Signed deliveries of partners become credited behaviours."""
