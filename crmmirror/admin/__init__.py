"""Pages of the admin that no app of ours has: users, groups, tokens, time zones, answers to an old form."""

from django.contrib import admin
from django.contrib.auth.models import Group, User

from crmmirror.admin.group_admin import MirrorGroupAdmin
from crmmirror.admin.token_admin import ApiTokenAdmin
from crmmirror.admin.user_admin import MirrorUserAdmin
from entities.models import ApiToken

# These modules import Django's, which registers classes of its own.
admin.site.unregister([User, Group])
admin.site.register(User, MirrorUserAdmin)
admin.site.register(Group, MirrorGroupAdmin)
admin.site.register(ApiToken, ApiTokenAdmin)
