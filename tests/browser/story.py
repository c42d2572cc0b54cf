"""What has happened in the city before the browser looks: one small story, told through the apps' operations."""

from dataclasses import dataclass

from identity.models import User

PASSWORD = "bamboo-river-4471"


@dataclass(frozen=True)
class Story:
    """What the journeys need to know about the story."""

    staff: str
    parcel: str = ""
    person: str = ""
    listing: str = ""
    claim: str = ""


def tell() -> Story:
    """Tell the story in the database that is connected, and return its names."""
    User.objects.create_user("officer", password=PASSWORD, is_staff=True)
    return Story(staff="officer")
