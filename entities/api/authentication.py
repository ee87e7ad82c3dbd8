"""Who asks: a program with a token, or a member of staff with the admin's session."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request

from entities.models import ApiToken
from entities.models.api_token import hash_token


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token crm_…`"""

    def authenticate_credentials(self, key: str) -> tuple[AbstractBaseUser, ApiToken]:
        token = ApiToken.objects.select_related("user").filter(digest=hash_token(key)).first()
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("Unknown token.")
        if token.is_expired():
            raise AuthenticationFailed("This token has expired.")
        token.note_use()
        return token.user, token


class StaffSessionAuthentication(SessionAuthentication):
    """The session of somebody who may use the admin."""

    def authenticate(self, request: Request) -> tuple[Model, None] | None:
        found = super().authenticate(request)
        return found if found and found[0].is_staff else None


class StaffSessionScheme(OpenApiAuthenticationExtension):
    """The session in OpenAPI's words."""

    target_class = "entities.api.authentication.StaffSessionAuthentication"
    name = "staffSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class ViewPermission(DjangoModelPermissions):
    """Django's permission to view the model that the address shows."""

    perms_map = {method: ["%(app_label)s.view_%(model_name)s"] for method in ("GET", "HEAD", "OPTIONS")}

    def get_required_permissions(self, method: str, model_cls: type[Model]) -> list[str]:
        """Other methods are refused by the view itself, with a 405, so they need nothing here."""
        return super().get_required_permissions(method, model_cls) if method in self.perms_map else []
