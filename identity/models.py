"""Who acts: staff and residents who sign in, people, organisations, roles, consents, partner keys."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """One who signs in; what a user may do comes from roles, never from this row."""
