"""`prepare_database`, whose log `up` shows while it waits."""

import pytest
from django.core.management import call_command

from tests.support.open_transactions import ending_once, open_transaction
from tests.support.unmigrated_database import READ_SOURCES, UNAPPLIED


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_waits_is_logged_for_the_terminal_of_up(
    unmigrated: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "for-tests")
    with (
        open_transaction(READ_SOURCES) as reader,
        ending_once(reader, lambda: "gives way" in caplog.text),
    ):
        pid = reader.info.backend_pid
        call_command("prepare_database")
    assert f"events.{UNAPPLIED} gives way to pid {pid} " in caplog.text
    assert "migration_waits" in caplog.text
    assert capsys.readouterr().out == "The admin's password is the generated one.\n"
