"""The admin of the mirrored records, read-only and the same code for every model, and of the audit log.

An entity's name stands only in pages about one kind of work (`home`, `agenda`, `sales`, `money`,
`conversations`) and in tables: `listings`, those of `lists`, `filtered_pages` and of a record's page. No
record is written here, but what people say and do: `naming` writes staff's names, `saved_views` their views,
`recent` what they have opened, and exports their audit entries. May import the rooms below it in the contract
`entities-rooms`, and `crmmirror.lib`.
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
