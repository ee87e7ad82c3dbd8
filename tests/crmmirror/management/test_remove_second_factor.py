"""manage.py remove_second_factor: who has lost his phone gets in again."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from entities.models import SecondFactor
from tests.support.second_factors import add_factor

pytestmark = pytest.mark.django_db


def test_the_second_factor_is_removed(capsys: pytest.CaptureFixture[str]) -> None:
    add_factor(User.objects.create_user("ann"))
    call_command("remove_second_factor", "ann")
    assert capsys.readouterr().out == "The second factor of ann is removed.\n"
    assert not SecondFactor.objects.exists()


def test_a_name_that_nobody_has_and_a_user_without_one_are_errors() -> None:
    User.objects.create_user("ann")
    with pytest.raises(CommandError, match="There is no user 'bob'"):
        call_command("remove_second_factor", "bob")
    with pytest.raises(CommandError, match="'ann' has no second factor"):
        call_command("remove_second_factor", "ann")
