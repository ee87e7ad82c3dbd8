"""The limits of a token in words, for those who list tokens."""

from dataclasses import dataclass
from typing import Self

from django.db.models import Prefetch, QuerySet

from entities.models import AccessLimit, ApiToken
from entities.models.introspection import entity_name, record_models_by_name


@dataclass(frozen=True)
class TokenLimits:
    """The own limits of a token, beside those of its user; each is empty if there is no such limit.

    sources: slugs. sub_accounts: slug/id. entities: kinds of record, such as form-submission.
    """

    sources: tuple[str, ...]
    sub_accounts: tuple[str, ...]
    entities: tuple[str, ...]

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        """Return the limits of a token of `with_limits`; of any other one it takes queries."""
        limits = list(token.access_limits.all())
        return cls(
            tuple(sorted(limit.source.slug for limit in limits if not limit.scope)),
            tuple(sorted(f"{limit.source.slug}/{limit.scope}" for limit in limits if limit.scope)),
            tuple(map(_name_kind, token.record_types)),
        )

    def __str__(self) -> str:
        return ", ".join((*self.sources, *self.sub_accounts, *self.entities))


def with_limits(tokens: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
    """Return the tokens with what `TokenLimits` reads of them, by one more query for all."""
    return tokens.prefetch_related(Prefetch("access_limits", AccessLimit.objects.select_related("source")))


def _name_kind(record_type: str) -> str:
    """Return the kind of record, or the name as it is stored, if no model has it any more."""
    return entity_name(record_type) if record_type in record_models_by_name() else record_type
