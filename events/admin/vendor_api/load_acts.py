"""The acts of the page about loads. Each takes a POST, does one thing, and leads back to the page."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse

from entities.audit import identify_actor
from entities.vendors import UnusableVendor
from events.admin.applying_again.repeated_looks import LOOK_PARAMETER
from events.admin.vendor_api.load_forms import KeyForm, StartForm, TrustForm
from events.admin.vendor_api.whole_source import find_whole_source, sees_whole
from events.loading import load_states
from events.loading.load_states import LoadRefused, find_loads
from events.models import Load, Source
from events.sources.api_keys import UnfitApiKey, get_api, remove_api_key, set_api_key
from events.sources.encryption import NoEncryptionKey

PAGE = "events_source_load"
LOAD_PARAMETER = "load"
REFUSALS = (LoadRefused, UnfitApiKey, NoEncryptionKey, UnusableVendor)


def load_url(source_id: int, **parameters: str | int) -> str:
    """Return the address of the page about the loads of a source."""
    address = reverse(f"admin:{PAGE}", args=[source_id])
    return f"{address}?{urlencode(parameters)}" if parameters else address


def find_load_url(request: HttpRequest, source: Source) -> str:
    """Return where a source is loaded; empty if the vendor has no API, or the user does not see all of it."""
    try:
        get_api(source)
    except (UnfitApiKey, UnusableVendor):
        return ""
    return load_url(source.pk) if sees_whole(request, source) else ""


def newest_load(source: Source) -> Load | None:
    """Return the load of a source that was started last."""
    return find_loads(source).first()


def _set_key(request: HttpRequest, source: Source) -> str:
    form = _read(KeyForm(request.POST))
    set_api_key(source, form.cleaned_data["key"], identify_actor(request))
    return "The API key is stored."


def _remove_key(request: HttpRequest, source: Source) -> str:
    if not remove_api_key(source, identify_actor(request)):
        raise LoadRefused("there is no API key")
    return "The API key is removed."


def _start(request: HttpRequest, source: Source) -> str:
    form = _read(StartForm(get_api(source), request.POST))
    names = form.cleaned_data["resources"]
    load = load_states.start(source, identify_actor(request), names, form.since_time, form.is_trusting)
    return f"Load {load.pk} is started. The workers run it."


def _pause(request: HttpRequest, source: Source) -> str:
    load = _newest_or_refuse(source)
    if not load_states.pause(load, identify_actor(request)):
        raise LoadRefused(f"load {load.pk} has ended")
    return f"Load {load.pk} is paused. A page that is under way is still stored."


def _resume(request: HttpRequest, source: Source) -> str:
    load = _newest_or_refuse(source)
    form = _read(TrustForm(get_api(source), request.POST))
    # Unticked leaves it as it was.
    if not load_states.resume(load, identify_actor(request), form.is_trusting or None):
        raise LoadRefused(f"load {load.pk} is done")
    return f"Load {load.pk} goes on."


# The end of the address -> what is done, and what is said if it cannot be.
ACTS: dict[str, tuple[Callable[[HttpRequest, Source], str], str]] = {
    "key": (_set_key, "The API key was not stored"),
    "remove-key": (_remove_key, "Nothing was removed"),
    "start": (_start, "No load was started"),
    "pause": (_pause, "The load was not paused"),
    "resume": (_resume, "The load was not resumed"),
}


def load_act(admin: ModelAdmin, request: HttpRequest, source_id: int, *, name: str) -> HttpResponse:
    """Do an act, and lead back to the page, which says what came of it."""
    source = find_whole_source(admin, request, source_id)
    if not admin.has_change_permission(request, source):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    act, failure = ACTS[name]
    try:
        done = act(request, source)
    except REFUSALS as error:
        admin.message_user(request, f"{failure}: {str(error).rstrip('.')}.", messages.ERROR)
        return redirect(load_url(source_id))
    admin.log_change(request, source, done)
    admin.message_user(request, done, messages.SUCCESS)
    return redirect(load_url(source_id, **{LOOK_PARAMETER: 1}))


def act_routes(admin: ModelAdmin) -> dict[str, tuple[str, Callable[..., HttpResponse]]]:
    """Return name of the address -> its route below the source's own, and its view."""
    return {
        f"load_{name.replace('-', '_')}": (f"load/{name}/", partial(load_act, admin, name=name))
        for name in ACTS
    }


def _read(form: Any) -> Any:
    """Return the form if it can be used. Raises LoadRefused with what is wrong."""
    if form.is_valid():
        return form
    raise LoadRefused(_first_error(form))


def _first_error(form: Form) -> str:
    (name, errors), *_ = form.errors.items()
    return f"{form.fields[name].label}: {errors[0]}"


def _newest_or_refuse(source: Source) -> Load:
    load = newest_load(source)
    if load is None:
        raise LoadRefused(f"{source.slug} was never loaded")
    return load
