"""Suspicions are raised, reviewed by people, appealed; partners are stopped."""
