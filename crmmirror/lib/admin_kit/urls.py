"""Addresses of the admin's pages."""

from urllib.parse import urlencode

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def change_url(model: type[Model], pk: int) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


def changelist_url(model: type[Model], **parameters: str | int) -> str:
    """Return the address of a model's list, with these filters."""
    return site_page_url(f"{model._meta.app_label}_{model._meta.model_name}_changelist", **parameters)


def site_page_url(name: str, **parameters: str | int) -> str:
    """Return the address of the admin's page of that name, with these parameters."""
    address = reverse(f"admin:{name}")
    return f"{address}?{urlencode(parameters)}" if parameters else address


def read_next(request: HttpRequest) -> str:
    """Return the address that a login is to lead to, as the request names it; empty if it names none."""
    return request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""


def local_address(request: HttpRequest, address: str) -> str:
    """Return the address if it is one of this mirror, otherwise that of the admin's first page."""
    is_local = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if is_local else reverse("admin:index")
