"""The page on which all ids of one source and kind are named and put in order, with one button."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.request_check import UnusableRequest, refuse_unknown_parameters
from entities.access.delegation import visible_people
from entities.access.visibility import viewer_of, visible_to
from entities.admin.naming import name_usage
from entities.admin.naming.name_cells import may_name
from entities.admin.naming.name_changes import add_name, save_changes
from entities.admin.naming.name_forms import NameForm, SubAccountNameForm
from entities.admin.naming.name_overview import mark_named
from entities.models import Name, NameKind
from entities.names import STAFF_ORDER, NamedId, Names, read_names

# Each row has up to seven inputs, and Django takes 1,000 of a request.
PAGE_SIZE = 100
# Suggestions of an input. What is not among them can be typed.
MAX_SUGGESTIONS = 500
PARAMETERS = ("p", "ref")


@dataclass(frozen=True)
class NameRow:
    """One row of the page. sub_account: its name, empty for the whole source. uses: how many records."""

    name: Name
    form: NameForm
    sub_account: str
    uses: int


def kind_page(admin: ReadOnlyAdmin, request: HttpRequest, source_id: int, kind: str) -> HttpResponse:
    """Show the ids of one source and kind, those without a name first; save what staff have changed."""
    if not may_name(request):
        raise PermissionDenied
    source_model: Any = Name._meta.get_field("source").related_model
    visible = partial(visible_to, viewer_of(request))
    source = visible(source_model._default_manager.filter(pk=source_id)).first()
    if source is None or kind not in NameKind.values:
        raise Http404("There is no such source or kind of names.")
    refuse_unknown_parameters(request, PARAMETERS)
    of_source = visible(Name.objects.filter(source=source))
    names = of_source.filter(kind=kind).select_related("user")
    page = _page_of_names(request, names)
    is_adding = request.method == "POST" and "add" in request.POST
    is_saving = request.method == "POST" and not is_adding
    user: Any = request.user
    people = visible_people(user)
    forms = (
        [NameForm(name, people, request.POST) for name in _posted_names(request, names)]
        if is_saving
        else [NameForm(name, people) for name in page.object_list]
    )
    override = SubAccountNameForm(of_source, kind, request.POST if is_adding else None)
    if message := _save_valid(admin, request, source.pk, kind, forms, override):
        admin.message_user(request, message, messages.SUCCESS)
        return redirect(request.get_full_path())
    context = admin.page_context(request, f"Names: {NameKind(kind).label}, {source}") | {
        "is_person": kind == NameKind.PERSON,
        "rows": _make_rows(source.pk, kind, forms),
        "page": page,
        "override": override,
        "max_counted": name_usage.MAX_COUNTED_RECORDS,
        "has_errors": any(form.errors for form in forms),
        **_suggestions(of_source, kind, people),
    }
    return TemplateResponse(request, "entities/name_kind.html", context)


def _save_valid(
    admin: ReadOnlyAdmin,
    request: HttpRequest,
    source_id: int,
    kind: str,
    forms: Sequence[NameForm],
    override: SubAccountNameForm,
) -> str:
    """Save whichever form was sent, if it is valid; return the message that says so, else an empty one."""
    if override.is_valid():
        name = Name(source_id=source_id, kind=kind, **override.cleaned_data)
        add_name(admin, request, name)
        return f"{name.ref} is called {name.name} in {name.scope}."
    if forms and all(form.is_valid() for form in forms):
        count = save_changes(admin, request, forms)
        return f"Saved {count} change{'' if count == 1 else 's'}."
    return ""


def _page_of_names(request: HttpRequest, names: QuerySet[Any]) -> Page:
    """Return the page of names that the request asks for; with `ref` of that id only."""
    if ref := request.GET.get("ref"):
        names = names.filter(ref=ref)
    ordered = mark_named(names).order_by("is_named", *STAFF_ORDER)
    return Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("p"))


def _posted_names(request: HttpRequest, names: QuerySet[Name]) -> list[Name]:
    """Return the names that the form has rows of, in its order. Raises UnusableRequest."""
    posted = request.POST.getlist("row")[:PAGE_SIZE]
    if bad := next((value for value in posted if not ID_PATTERN.fullmatch(value)), None):
        raise UnusableRequest(f"The form has a row {shorten(bad)!r}, which is no row's number")
    found = {str(name.pk): name for name in names.filter(pk__in=posted)}
    return [found[value] for value in posted if value in found]


def _make_rows(source_id: int, kind: str, forms: Sequence[NameForm]) -> list[NameRow]:
    accounts = _read_account_names(source_id, {form.named.scope for form in forms})
    uses = name_usage.count_uses(source_id, kind, {form.named.ref for form in forms})
    return [
        NameRow(
            form.named,
            form,
            accounts.find(_account_id(source_id, form.named.scope)) or form.named.scope,
            uses[form.named.scope, form.named.ref],
        )
        for form in forms
    ]


def _read_account_names(source_id: int, scopes: set[str]) -> Names:
    return read_names(_account_id(source_id, scope) for scope in scopes if scope)


def _account_id(source_id: int, scope: str) -> NamedId:
    return NamedId(source_id, "", NameKind.SUB_ACCOUNT, scope)


def _suggestions(of_source: QuerySet[Name], kind: str, people: QuerySet[User]) -> dict[str, list[str]]:
    """Return what the inputs suggest: logins for people, and ids and sub-accounts for a name in one.

    people: the users that the one who asks may know of.
    """
    names = of_source.filter(scope="")
    accounts, ids, logins = [], [], []
    if kind != NameKind.SUB_ACCOUNT:
        accounts = list(
            names.filter(kind=NameKind.SUB_ACCOUNT).values_list("ref", flat=True)[:MAX_SUGGESTIONS]
        )
    if accounts:
        ids = list(names.filter(kind=kind).values_list("ref", flat=True)[:MAX_SUGGESTIONS])
    if kind == NameKind.PERSON:
        users = people.filter(is_active=True).order_by("username")
        logins = list(users.values_list("username", flat=True)[:MAX_SUGGESTIONS])
    return {"accounts": accounts, "ids": ids, "logins": logins}
