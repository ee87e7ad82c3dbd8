"""Addresses of the admin's pages."""

from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse


def change_url(model: type[Model], pk: int) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


def changelist_url(model: type[Model], **parameters: str | int) -> str:
    """Return the address of a model's list, with these filters."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(parameters)}" if parameters else address
