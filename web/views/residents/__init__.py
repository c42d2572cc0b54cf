"""What a resident opens: their own page, statements, consents, personal data."""
