"""Records that were found, with by what: as the search and the same persons show them."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

from entities.models import Name, Record
from entities.models.introspection import model_name
from entities.search.same_persons import Grade, SamePersons
from entities.search.searching import Hit, HitGroup

MATCHES = ("phone", "email", "number", "id", "words")


class FoundRecordSerializer(serializers.Serializer):
    """A record in short. `record_type` is the model's name, such as formsubmission; `url` shows all of it."""

    record_type = serializers.CharField()
    id = serializers.IntegerField()
    url = serializers.CharField()
    name = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField()
    is_deleted = serializers.BooleanField()
    is_placeholder = serializers.BooleanField()


class HitSerializer(FoundRecordSerializer):
    """A hit. For a former value, `column` is empty, and `value` of a phone has only its digits."""

    match = serializers.ChoiceField(choices=MATCHES)
    column = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True)
    is_former = serializers.BooleanField()


class HitGroupSerializer(serializers.Serializer):
    """The hits of one kind of record, best first. `path`: of the kind's list in this API."""

    path = serializers.CharField()
    has_more = serializers.BooleanField()
    hits = HitSerializer(many=True)


class FoundNameSerializer(serializers.Serializer):
    """A name of what has no record of its own, such as a stage.

    `scope` is empty for the whole source, and for whoever may not view sub-accounts.
    """

    kind = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    scope = serializers.CharField(allow_blank=True)
    ref = serializers.CharField()
    name = serializers.CharField()


class SearchSerializer(serializers.Serializer):
    """The result of a search: hits by kind of record, the kind with the best hit first; then names of ids."""

    groups = HitGroupSerializer(many=True)
    names = FoundNameSerializer(many=True)


class SamePersonSerializer(FoundRecordSerializer):
    """A record that may be the same. `evidence`: the values, and the words of the name, that both have."""

    grade = serializers.ChoiceField(choices=[grade.value for grade in Grade])
    evidence = serializers.ListField(child=serializers.CharField())


class SharedValueSerializer(serializers.Serializer):
    """A value that so many records have that none of them is listed. `count`: of them, at least."""

    value = serializers.CharField()
    count = serializers.IntegerField()


class SamePersonsSerializer(serializers.Serializer):
    """The records that may be the same, the surest first, and the values that too many have."""

    records = SamePersonSerializer(many=True)
    shared = SharedValueSerializer(many=True)


def describe_record(record: Record, path: str, request: Request) -> dict[str, Any]:
    """Return what `FoundRecordSerializer` shows. path: of the kind's list."""
    return {
        "record_type": model_name(type(record)),
        "id": record.pk,
        "url": reverse(f"{path}-detail", kwargs={"pk": record.pk}, request=request),
        "name": str(record),
        "source": str(record.source),
        "external_id": record.external_id,
        "is_deleted": record.is_deleted,
        "is_placeholder": record.is_placeholder,
    }


def describe_group(group: HitGroup, path: str, request: Request) -> dict[str, Any]:
    """Return what `HitGroupSerializer` shows."""
    hits = [_describe_hit(hit, path, request) for hit in group.hits]
    return {"path": path, "has_more": group.has_more, "hits": hits}


def _describe_hit(hit: Hit, path: str, request: Request) -> dict[str, Any]:
    explanation = hit.explanation
    return describe_record(hit.record, path, request) | {
        "match": explanation.match,
        "column": explanation.column,
        "value": explanation.value,
        "is_former": explanation.is_former,
    }


def describe_name(name: Name, *, shows_scope: bool) -> dict[str, Any]:
    """Return what `FoundNameSerializer` shows."""
    return {
        "kind": name.kind,
        "source": name.source.slug,
        "scope": name.scope if shows_scope else "",
        "ref": name.ref,
        "name": name.shown,
    }


def describe_same_persons(found: SamePersons, paths: dict[str, str], request: Request) -> dict[str, Any]:
    """Return what `SamePersonsSerializer` shows. paths: model's name -> of its list."""
    records = [
        describe_record(same.record, paths[model_name(type(same.record))], request)
        | {"grade": same.grade.value, "evidence": list(same.evidence)}
        for same in found.records
    ]
    shared = [{"value": value.value, "count": value.count} for value in found.shared]
    return {"records": records, "shared": shared}
