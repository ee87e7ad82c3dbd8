"""Which cell shows which kind of column, in lists and on a record's page."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.safestring import SafeString

from entities.admin import cells
from entities.admin.documents import document
from entities.fields import WordField

Kinds = Mapping[type[models.Field], Callable[[Any], SafeString]]

ANYWHERE: Kinds = {
    WordField: cells.word,
    models.DecimalField: cells.amount,
    models.DateField: cells.day,
    models.BooleanField: cells.yes_no,
    ArrayField: cells.labels,
}
IN_LIST: Kinds = {
    **ANYWHERE,
    models.DateTimeField: cells.minute,
    models.TextField: cells.line,
    models.JSONField: lambda value: cells.line(json.dumps(value, ensure_ascii=False)),
}
ON_PAGE: Kinds = {
    **ANYWHERE,
    models.DateTimeField: cells.moment,
    models.TextField: cells.text,
    models.JSONField: document,
}


def show(value: Any, field: models.Field, kinds: Kinds) -> SafeString:
    """The value's cell, by the nearest class of its field that `kinds` knows."""
    if value is None:
        return cells.NOTHING
    return next(kinds[kind] for kind in type(field).__mro__ if kind in kinds)(value)


def label(field: models.Field) -> str:
    name = str(field.verbose_name)
    return f"{name.removesuffix(' ref')} id" if field.name.endswith("_ref") else name


def column(model: type[models.Model], name: str) -> models.Field:
    return cast(models.Field, model._meta.get_field(name))
