"""The form fields by which users, groups and tokens are limited to sources and sub-accounts."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from crmmirror.lib.admin_kit.cells import shorten
from entities.access.delegation import Place, limits_of, set_limits
from entities.access.visibility import Visibility, add_up, visibility_of, visible_to
from entities.models import AccessLimit, SubAccount
from events.models import Source

LIMIT_FIELDS = ("sources", "sub_accounts")
WIDENED = (
    "You do not see everything yourself: choose at least one source or sub-account, of those that you see."
)


class LimitedForm(forms.ModelForm):
    """A form of a holder of limits. manager: who fills it in; the view of the admin sets it."""

    sources = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Choose none, here and below, for everything. A source that is chosen alone is seen whole.",
    )
    sub_accounts = forms.MultipleChoiceField(
        required=False,
        label="Sub-accounts",
        help_text="Of a source of which sub-accounts are chosen, only these are seen.",
    )
    manager: ClassVar[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = limits_of(self.instance) if self.instance.pk else set()
        slugs = dict(visible_to(self.manager, Source.objects.all()).values_list("pk", "slug"))
        view = visibility_of(self.manager)
        self._offer(
            "sources",
            [(str(source), slug) for source, slug in slugs.items() if view.shows(source, None)],
            [str(source) for source, scope in places if not scope],
        )
        self._offer("sub_accounts", _list_sub_accounts(self.manager, slugs, places), map(_key, places))

    def _offer(self, name: str, choices: list[tuple[str, str]], initial: Iterable[str]) -> None:
        offered = {key for key, _ in choices}
        self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields[name].initial = sorted(offered.intersection(initial))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not visibility_of(self.manager).includes(self.resulting_visibility()):
            raise ValidationError({"sources": WIDENED})
        return cleaned

    def chosen_places(self) -> set[Place]:
        """Return the limits that were chosen, without whole sources of which sub-accounts are."""
        parts = (key.partition("/") for key in self.cleaned_data["sub_accounts"])
        scopes = {(int(source), scope) for source, _, scope in parts}
        narrowed = {source for source, _ in scopes}
        wholes = {int(source) for source in self.cleaned_data["sources"]} - narrowed
        return scopes | {(source, "") for source in wholes}

    def resulting_visibility(self) -> Visibility:
        """Return what the holder would see by the limits that were chosen."""
        return add_up(AccessLimit(source_id=source, scope=scope) for source, scope in self.chosen_places())

    def save_limits(self) -> None:
        """Store the limits that were chosen. Call it when the holder is stored."""
        set_limits(self.instance, self.chosen_places())


def _key(place: Place) -> str:
    return "/".join(map(str, place))


def _list_sub_accounts(manager: User, slugs: dict[int, str], places: set[Place]) -> list[tuple[str, str]]:
    """Return the choices, by source and name: sub-accounts that are known, and those of present limits."""
    rows = visible_to(manager, SubAccount.objects.defer("registers", "extra"))
    labels = {(row.source_id, row.external_id): shorten(str(row)) for row in rows}
    labels = {place: place[1] for place in places if place[1]} | labels
    choices = [(_key(place), f"{slugs[place[0]]} / {label}") for place, label in labels.items()]
    return sorted(choices, key=lambda choice: choice[1])
