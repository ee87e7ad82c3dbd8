"""Pages that do not exist, that a user may not open, or that fail, through their addresses."""

import pytest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from crmmirror.admin.error_pages import answer_error
from tests.support.staff_client import log_in_staff

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["nothing/", "entities/deal/1/change/"])
def test_a_page_that_does_not_exist_is_a_404_in_the_admin_s_frame(path: str) -> None:
    answer = log_in_staff().get(f"/admin/{path}")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "There is no such page" in page
    assert 'class="site-nav"' in page
    assert "crmmirror/admin.css" in page


def test_a_page_that_the_user_may_not_open_is_a_403_in_the_admin_s_frame() -> None:
    answer = log_in_staff("view_deal").get("/admin/events/event/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You may not open this page" in page
    assert 'class="site-nav"' in page


def test_outside_the_admin_the_answers_have_no_frame() -> None:
    answer = log_in_staff().get("/nothing/")
    assert answer.status_code == 404
    assert b"site-nav" not in answer.content


def test_who_is_not_logged_in_is_led_to_the_login_from_any_address_of_the_admin() -> None:
    answer = Client().get("/admin/nothing/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


def test_a_page_that_failed_is_a_500_in_the_admin_s_frame_without_the_database(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        answer = answer_error(RequestFactory().get("/admin/entities/deal/"))
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "This page failed" in page
    assert "crmmirror/admin.css" in page
    assert "<style" not in page


def test_outside_the_admin_a_failure_is_a_plain_500() -> None:
    answer = answer_error(RequestFactory().get("/api/v1/deals/"))
    assert answer.status_code == 500
    assert b"crmmirror/admin.css" not in answer.content
