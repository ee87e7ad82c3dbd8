"""The admin of the mirrored records, read-only and the same code for every model, and of the audit log.

An entity's name stands only in `listings`, `home`, `sales` and the tables of `record_head`, `record_page`
and `record_timeline`. Only `naming` writes, staff's names, and `recent`, what a user has opened. Imports all
of `entities` but its API, commands and checks, and the parts of pages from `crmmirror.lib.admin_kit`.
"""

from django.contrib import admin

from entities.admin.audit.audit_admin import AuditAdmin
from entities.admin.naming.name_admin import NameAdmin
from entities.admin.record_admin import RecordAdmin
from entities.models import AuditEntry, Name
from entities.models.introspection import record_models

for model in record_models():
    admin.site.register(model, RecordAdmin)
admin.site.register(Name, NameAdmin)
admin.site.register(AuditEntry, AuditAdmin)
