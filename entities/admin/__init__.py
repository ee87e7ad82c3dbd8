"""The admin of the mirrored records: read-only, and the same for every one of them."""

from django.contrib import admin

from entities import schema
from entities.admin.records import RecordAdmin

for model in schema.records():
    admin.site.register(model, RecordAdmin)
