"""Pages of the admin that no app of ours has: users, groups, tokens, time zones, answers to an old form."""

from django.contrib import admin
from django.contrib.auth.models import Group, User

from crmmirror.admin.token_admin import ApiTokenAdmin
from crmmirror.admin.user_admin import MirrorGroupAdmin, MirrorUserAdmin
from entities.models import ApiToken

# `user_admin` imports Django's module, which registers its own classes.
admin.site.unregister([User, Group])
admin.site.register(User, MirrorUserAdmin)
admin.site.register(Group, MirrorGroupAdmin)
admin.site.register(ApiToken, ApiTokenAdmin)
