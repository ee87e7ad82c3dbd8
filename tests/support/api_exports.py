"""Asks the API for exports."""

from typing import Any

from django.test import Client

from entities.api.exports.file_formats import FILE_FORMATS


def get_file(client: Client, path: str, **query: Any) -> bytes:
    """Return the file of a list; fail unless it is a whole one of the format that is asked for."""
    response = client.get(f"/api/v1/{path}", query)
    assert response.status_code == 200, response.content[:2000]
    assert response["Content-Type"] == FILE_FORMATS[query["format"]].media_type
    # Read to its end, the answer is closed.
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert len(content) == int(response["Content-Length"])
    return content
