"""The login with a password. It is complete at once, or after a page that asks for the second factor."""

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from crmmirror.sign_on.login import Way, complete_login
from crmmirror.sign_on.pending_login import remember_password
from entities.models import find_second_factor


class PasswordLogin(LoginView):
    """Django's login form, which leads on to the second factor."""

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        return follow_password(self.request, form.get_user(), self.get_success_url())


def follow_password(request: HttpRequest, user: User, address: str) -> HttpResponse:
    """Return the answer to the right password of a user. address: where the login is to lead to."""
    if settings.SECOND_FACTOR == "off":
        return complete_login(request, user, Way.PASSWORD, address)
    if find_second_factor(user):
        remember_password(request, user, address)
        return redirect("admin:login_code")
    if settings.SECOND_FACTOR == "required":
        remember_password(request, user, address)
        return redirect("admin:login_enrol")
    return complete_login(request, user, Way.PASSWORD, address)
