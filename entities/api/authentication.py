"""Authentication and permissions of the API: a program has a token, staff have the admin's session."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    SessionAuthentication,
    TokenAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request

from entities.access.visibility import viewer_of
from entities.access.visible_kinds import may_view
from entities.models import ApiToken
from entities.models.people.api_token import TOKEN_SCHEMES, hash_token


class ApiTokenAuthentication(TokenAuthentication):
    """Authenticates a program by the header `Authorization: Bearer crm_…`, or `Token crm_…`."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, ApiToken] | None:
        """Return the user and the token; None without one. Raises AuthenticationFailed."""
        scheme = get_authorization_header(request).partition(b" ")[0].decode("latin-1").lower()
        # The framework's class compares the header's first word with this one.
        self.keyword = scheme if scheme in TOKEN_SCHEMES else TOKEN_SCHEMES[0]
        return super().authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for in `WWW-Authenticate`."""
        return ", ".join(scheme.capitalize() for scheme in TOKEN_SCHEMES)

    def authenticate_credentials(self, key: str) -> tuple[AbstractBaseUser, ApiToken]:
        token = ApiToken.objects.select_related("user").filter(digest=hash_token(key)).first()
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("Unknown token. Check it, or ask an administrator for a new one.")
        if token.is_expired():
            raise AuthenticationFailed("This token has expired. Ask an administrator for a new one.")
        token.note_use()
        return token.user, token


class StaffSessionAuthentication(SessionAuthentication):
    """Authenticates a user who is signed in and may use the admin."""

    def authenticate(self, request: Request) -> tuple[Model, None] | None:
        credentials = super().authenticate(request)
        return credentials if credentials and credentials[0].is_staff else None


class TokenScheme(OpenApiAuthenticationExtension):
    """The token as an OpenAPI security scheme, which generated clients send with the word Bearer."""

    target_class = "entities.api.authentication.ApiTokenAuthentication"
    match_subclasses = True
    priority = 1
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class StaffSessionScheme(OpenApiAuthenticationExtension):
    """The session cookie as an OpenAPI security scheme."""

    target_class = "entities.api.authentication.StaffSessionAuthentication"
    name = "staffSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class ViewPermission(DjangoModelPermissions):
    """Requires Django's permission to view the model that the address shows, also of the token's limits."""

    perms_map = {method: ["%(app_label)s.view_%(model_name)s"] for method in ("GET", "HEAD", "OPTIONS")}

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True if the user has the permission, and the token is not limited to other kinds."""
        if not super().has_permission(request, view):
            return False
        is_read = request.method in self.perms_map
        return not is_read or may_view(viewer_of(request), self._queryset(view).model)

    def get_required_permissions(self, method: str, model_cls: type[Model]) -> list[str]:
        """Require nothing for other methods, because the view answers them with a 405."""
        return super().get_required_permissions(method, model_cls) if method in self.perms_map else []
