"""The admin of the mirrored records: read-only, and the same for every one of them."""

from django.contrib import admin

from entities.admin.records import RecordAdmin
from entities.schema import records

for model in records():
    admin.site.register(model, RecordAdmin)
