"""The admin of the mirrored records: read-only, and the same for every one of them."""

from django.contrib import admin

from entities.admin.record_admin import RecordAdmin
from entities.models.introspection import record_models

for model in record_models():
    admin.site.register(model, RecordAdmin)
