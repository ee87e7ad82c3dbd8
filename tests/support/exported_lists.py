"""Exports of the admin's lists, through their address."""

from typing import Any

from django.db.models import Model
from django.test import Client

from tests.support.spreadsheets import read_csv, read_excel
from tests.support.staff_client import list_url

# The suffix of a file, which names its format -> how it is read back.
READ = {"csv": read_csv, "xlsx": read_excel}


def export_url(model: type[Model]) -> str:
    return f"{list_url(model)}export/"


def export(client: Client, model: type[Model], suffix: str = "csv", /, **query: Any) -> list[list[Any]]:
    """Export a list; return its rows, with the headings."""
    response = client.get(export_url(model), {"format": suffix, **query})
    assert response.status_code == 200, response.getvalue().decode()[:2000]
    content = response.getvalue()
    assert response.headers["Content-Length"] == str(len(content))
    return READ[suffix](content)


def names(rows: list[list[Any]]) -> list[Any]:
    """Return the first cells of the rows below the headings."""
    return [row[0] for row in rows[1:]]
