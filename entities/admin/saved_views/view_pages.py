"""The page of a user's saved views, and the addresses that save and change them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import UnusableRequest, refuse_unknown_parameters
from crmmirror.lib.admin_kit.urls import changelist_url, site_page_url
from entities.access.permissions import SHARE_VIEWS
from entities.admin.saved_views.view_changes import (
    audience_of,
    change_view,
    delete_view,
    save_view,
    set_pin,
)
from entities.admin.saved_views.view_links import (
    FOR_ME,
    Audience,
    ViewLink,
    link_of,
    list_audiences,
    may_open,
    pinned_ids,
    views_of,
)
from entities.models import SavedView
from entities.models.introspection import record_models_by_name

MAX_NAME_LENGTH = 80
MAX_QUERY_LENGTH = 4000
MAX_LISTED = 300


class ViewForm(forms.Form):
    """A view's name, for whom it is, and whether it is in the user's own navigation."""

    name = forms.CharField(max_length=MAX_NAME_LENGTH)
    audience = forms.ChoiceField(required=False)
    pinned = forms.BooleanField(required=False)

    def __init__(self, data: Any, user: Any, present_audience: str = FOR_ME) -> None:
        super().__init__(data)
        self.present_audience = present_audience
        choices = dict(list_audiences(user)) | {present_audience: ""}
        self.fields["audience"].choices = list(choices.items())  # type: ignore[attr-defined]

    def clean_audience(self) -> str:
        """Return the audience; without a choice, as from a user who may not share, what it was."""
        return self.cleaned_data["audience"] or self.present_audience


class SaveForm(ViewForm):
    """A view of the list that is shown. query: what makes it as it is shown."""

    record_type = forms.CharField()
    query = forms.CharField(required=False, max_length=MAX_QUERY_LENGTH)


def save_view_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """Save the list that the form comes from, and lead back to it.

    Raises PermissionDenied and UnusableRequest.
    """
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = SaveForm(request.POST, request.user)
    model = record_models_by_name().get(request.POST.get("record_type", ""))
    if model is None or not request.user.has_perm(f"entities.view_{model._meta.model_name}"):
        raise PermissionDenied
    _check_audience(request, form)
    if not form.is_valid():
        raise UnusableRequest(f"The view cannot be saved: {_explain(form)}")
    values = form.cleaned_data
    view, is_new = save_view(
        request,
        values["record_type"],
        values["name"],
        values["query"],
        values["audience"],
        is_pinned=values["pinned"],
    )
    done = "is saved" if is_new else "was there before, and is now this list"
    messages.success(request, f"The view “{shorten(view.name)}” {done}.")
    return redirect(link_of(request.user, view).url)


def saved_views_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the views that the user may open: his own to change, all of them to pin."""
    refuse_unknown_parameters(request)
    user: Any = request.user
    pinned, audiences = pinned_ids(user), list_audiences(user)
    views = [view for view in views_of(user)[:MAX_LISTED] if may_open(user, view)]
    lines = [_describe(user, view, pinned, audiences) for view in views]
    context |= {
        "title": "My views",
        "own": [line for line in lines if line["is_own"]],
        "shared": [line for line in lines if not line["is_own"]],
        "max_name_length": MAX_NAME_LENGTH,
    }
    return TemplateResponse(request, "entities/saved_views.html", context)


def change_view_page(request: HttpRequest, context: dict[str, Any], view_id: int) -> HttpResponseBase:
    """Change, pin or delete one view, as the form of its line says. Raises Http404, PermissionDenied."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    view = views_of(request.user).filter(pk=view_id).first()
    if view is None:
        raise Http404("There is no such view.")
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise UnusableRequest(f"A view can be: {', '.join(ACTS)}")
    act(request, view)
    return redirect(site_page_url("saved_views"))


def _change(request: HttpRequest, view: SavedView) -> None:
    _check_owner(request, view)
    form = ViewForm(request.POST, request.user, audience_of(view))
    _check_audience(request, form)
    if not form.is_valid():
        raise UnusableRequest(f"The view cannot be changed: {_explain(form)}")
    name = form.cleaned_data["name"]
    change_view(request, view, name, form.cleaned_data["audience"])
    set_pin(request.user, view, is_pinned=form.cleaned_data["pinned"])
    messages.success(request, f"The view “{shorten(name)}” is changed.")


def _delete(request: HttpRequest, view: SavedView) -> None:
    _check_owner(request, view)
    delete_view(request, view)
    messages.success(request, f"The view “{shorten(view.name)}” is deleted.")


def _pin(request: HttpRequest, view: SavedView) -> None:
    set_pin(request.user, view, is_pinned=True)


def _unpin(request: HttpRequest, view: SavedView) -> None:
    set_pin(request.user, view, is_pinned=False)


# What the button of a form says -> what it does.
ACTS = {"change": _change, "delete": _delete, "pin": _pin, "unpin": _unpin}


def _check_owner(request: HttpRequest, view: SavedView) -> None:
    if view.owner_id != request.user.pk:
        raise PermissionDenied


def _check_audience(request: HttpRequest, form: ViewForm) -> None:
    """Raise PermissionDenied if the user may not share, and would share with others than before."""
    chosen = request.POST.get("audience", "")
    if chosen not in ("", FOR_ME, form.present_audience) and not request.user.has_perm(SHARE_VIEWS):
        raise PermissionDenied


def _explain(form: forms.Form) -> str:
    return " ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())


def _describe(
    user: Any, view: SavedView, pinned: list[int], audiences: tuple[Audience, ...]
) -> dict[str, Any]:
    """Return a view as the page shows it: with its group among the audiences, whoever may know of that."""
    link: ViewLink = link_of(user, view)
    model = record_models_by_name()[view.record_type]
    present = (audience_of(view), f"the group {shorten(view.group.name)}" if view.group else "")
    is_offered = present[0] in dict(audiences)
    return {
        "view": view,
        "link": link,
        "is_own": view.owner_id == user.pk,
        "is_pinned": view.pk in pinned,
        "audience": audience_of(view),
        "audiences": audiences if is_offered or len(audiences) == 1 else (*audiences, present),
        "list": str(model._meta.verbose_name_plural).capitalize(),
        "list_url": changelist_url(model),
    }
