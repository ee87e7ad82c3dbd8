"""Pages of the admin that no app of ours has: users, groups, time zones, the answer to an old form."""

from django.contrib import admin
from django.contrib.auth.models import Group, User

from crmmirror.admin.user_admin import MirrorGroupAdmin, MirrorUserAdmin

# `user_admin` imports Django's module, which registers its own classes.
admin.site.unregister([User, Group])
admin.site.register(User, MirrorUserAdmin)
admin.site.register(Group, MirrorGroupAdmin)
