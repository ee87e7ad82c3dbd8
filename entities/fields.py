"""The kinds of column that a mirrored record has; each kind has one converter."""

from django.db import models


class WordField(models.TextField):
    """A word of an open vocabulary, kept in lower case so that vendors compare."""


class CurrencyField(models.TextField):
    """An ISO 4217 code in upper case."""


def text() -> models.TextField:
    return models.TextField(null=True, blank=True)


def word() -> WordField:
    return WordField(null=True, blank=True)


def currency() -> CurrencyField:
    return CurrencyField(null=True, blank=True)


def amount() -> models.DecimalField:
    return models.DecimalField(null=True, blank=True, max_digits=20, decimal_places=4)


def moment() -> models.DateTimeField:
    return models.DateTimeField(null=True, blank=True)


def date() -> models.DateField:
    return models.DateField(null=True, blank=True)


def flag() -> models.BooleanField:
    return models.BooleanField(null=True, blank=True)


def document() -> models.JSONField:
    """One whole JSON value, one register."""
    return models.JSONField(null=True, blank=True)


def reference(model: str) -> models.ForeignKey:
    return models.ForeignKey(model, models.PROTECT, null=True, blank=True)
