"""The token with which the benchmarks read the API."""

import time


def create_token() -> str:
    """Create an API token of a superuser; return its text."""
    from django.contrib.auth import get_user_model

    from entities.models import ApiToken

    user, _ = get_user_model().objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    _, text = ApiToken.issue(user, f"bench {time.time()}")
    return text
