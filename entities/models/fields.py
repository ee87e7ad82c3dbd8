"""The kinds of column of a mirrored record. `entities.reading.converters` has one converter for each kind."""

from django.db import models


class WordField(models.TextField):
    """A word of an open vocabulary, in lower case so that the words of all vendors compare."""


class CurrencyField(models.TextField):
    """An ISO 4217 code in upper case."""


def text_field() -> models.TextField:
    return models.TextField(null=True, blank=True)


def word_field() -> WordField:
    return WordField(null=True, blank=True)


def currency_field() -> CurrencyField:
    return CurrencyField(null=True, blank=True)


def amount_field() -> models.DecimalField:
    return models.DecimalField(null=True, blank=True, max_digits=20, decimal_places=4)


def time_field() -> models.DateTimeField:
    return models.DateTimeField(null=True, blank=True)


def date_field() -> models.DateField:
    return models.DateField(null=True, blank=True)


def flag_field() -> models.BooleanField:
    return models.BooleanField(null=True, blank=True)


def document_field() -> models.JSONField:
    """Return a column for one whole JSON value: one register, which is not merged key by key."""
    return models.JSONField(null=True, blank=True)


def reference_field(model: str) -> models.ForeignKey:
    return models.ForeignKey(model, models.PROTECT, null=True, blank=True)
