"""The page on which a user chooses the time zone of the admin's pages, and the offer of his browser's."""

from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.urls import local_address
from crmmirror.lib.time_zones import UTC_NAME, list_places, place_of, validate_time_zone
from entities.models import UserProfile, find_profile

Choice = tuple[str, str]
Group = tuple[str, list[Choice]]


class TimeZoneForm(forms.Form):
    """The user's time zone; empty for the default. next: the address to which it leads back."""

    time_zone = forms.CharField(required=False, validators=[validate_time_zone], widget=forms.Select)
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["time_zone"].widget.choices = list_zone_choices()


def list_zone_choices() -> list[Choice | Group]:
    """Return all choices of a time zone: the default, UTC, and the others by region."""
    default = (("", f"the default: {settings.DISPLAY_TIME_ZONE}"), (UTC_NAME, UTC_NAME))
    return [*default, *_list_places()]


@cache
def _list_places() -> tuple[Group, ...]:
    """Return the time zones by region, each by its place, which a browser finds by its first letters.

    Cached, because it reads some 600 files.
    """
    return tuple(
        (region, sorted(((name, _label(name)) for name in names), key=lambda choice: choice[1]))
        for region, names in list_places().items()
    )


def _label(name: str) -> str:
    """Return a time zone for the list: its place, and the country or state if its name has one."""
    between = name.split("/")[1:-1]
    return f"{place_of(name)} ({place_of(between[0])})" if between else place_of(name)


def offers_time_zone(request: HttpRequest) -> bool:
    """Return True if the page may offer the browser's time zone: the user has neither chosen nor declined."""
    profile = find_profile(request.user)
    return request.user.is_authenticated and not (profile and profile.was_offered_time_zone)


def time_zone_page(request: HttpRequest) -> HttpResponse:
    """Let the user choose his time zone, and lead him back to where he was."""
    profile = find_profile(request.user)
    initial = {"time_zone": profile.time_zone if profile else "", "next": request.GET.get("next", "")}
    form = TimeZoneForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        _save_choice(request, form.cleaned_data["time_zone"])
        return redirect(local_address(request, form.cleaned_data["next"]))
    context = {
        **admin.site.each_context(request),
        "title": "Time zone",
        "form": form,
        "offers_time_zone": False,
    }
    return TemplateResponse(request, "admin_kit/time_zone.html", context)


def _save_choice(request: HttpRequest, name: str) -> None:
    user: Any = request.user
    values = {"time_zone": name, "was_offered_time_zone": True}
    UserProfile.objects.update_or_create(user=user, defaults=values)
    messages.success(request, f"Times are shown in the time zone {name or settings.DISPLAY_TIME_ZONE}.")
