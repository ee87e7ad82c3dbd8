"""The table of the pages of a login: their routes, and in which settings there are such pages."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from crmmirror.sign_on.oidc.oidc_pages import oidc_callback_page, oidc_login_page
from crmmirror.sign_on.second_factors.factor_pages import (
    login_code_page,
    login_enrol_page,
    second_factor_page,
)
from crmmirror.sign_on.second_factors.factor_removal import factor_removal_page


def make_login_urls(site: AdminSite) -> list[URLPattern]:
    """Return the addresses of logins, in the admin's namespace."""
    urls = []
    if settings.SECOND_FACTOR != "off":
        urls += [
            path("login/code/", login_code_page, name="login_code"),
            path("login/enrol/", login_enrol_page, name="login_enrol"),
            path("second-factor/", site.admin_view(second_factor_page), name="second_factor"),
            path(
                "second-factor/<int:user_id>/remove/",
                site.admin_view(factor_removal_page),
                name="remove_second_factor",
            ),
        ]
    if settings.OIDC_ISSUER:
        urls += [
            path("login/oidc/", oidc_login_page, name="oidc_login"),
            path("login/oidc/callback/", oidc_callback_page, name="oidc_callback"),
        ]
    return urls
