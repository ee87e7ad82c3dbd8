"""The means of the acts: forms, addresses, and the one who acts."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

# The password of the superuser "boss", in whose browser all of this is done.
PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple correct battery"
EVENT = {
    "event": "deal.created",
    "timestamp": "2025-01-15T10:30:00Z",
    "payload": {"id": "d1", "title": "Secret plan"},
}


def user_form(user: User, **changes: Any) -> dict[str, Any]:
    """Return what the form of a user posts."""
    flags = {name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)}
    joined = {"date_joined_0": "2025-01-15", "date_joined_1": "10:30:00"}
    inline = {"profile-TOTAL_FORMS": "0", "profile-INITIAL_FORMS": "0"}
    return {"username": user.username, **flags, **joined, **inline, **changes}


def create_ann() -> User:
    return User.objects.create_user("ann", date_joined=datetime(2025, 1, 15, 10, 30, tzinfo=UTC))


def post(client: Client, url: str, /, **fields: Any) -> Any:
    response = client.post(url, fields)
    assert response.status_code in (200, 302), response.content.decode()[:1000]
    return response


def admin_url(name: str, *arguments: Any) -> str:
    return reverse(f"admin:{name}", args=arguments)
