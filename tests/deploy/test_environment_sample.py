"""The sample environment and the settings are in step: names, defaults, and one line about each."""

import re

import pytest

from crmmirror.secret_files import SECRET_SETTINGS
from tests.support import markdown
from tests.support.deployed_code import DEPLOY, read_unit, sample_environment
from tests.support.setting_names import settings_of_the_code

pytestmark = pytest.mark.unit

ENTRY = re.compile(r"(?P<off>#?)(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)")
# What docs/operate.md writes for a default -> what the sample has.
DEFAULTS = {
    "none": "",
    "off": "false",
    "on": "true",
    "on; off in the embedded stack": "true",
    "off; on in the embedded stack": "false",
}
# Settings whose default is made while the mirror starts -> what the sample has.
OTHER_DEFAULTS = {
    "DELIVERY_URL": "",
    "ADMIN_PASSWORD": "",
    "PG_BINDIR": "",
}


def entries() -> list[tuple[str, re.Match[str]]]:
    """Return each entry of the sample with the line before it."""
    lines = (DEPLOY / "environment.sample").read_text().splitlines()
    matches = [(above, ENTRY.fullmatch(line)) for above, line in zip(["", *lines], lines, strict=False)]
    return [(above, match) for above, match in matches if match]


def setting_of(name: str) -> str:
    """Return the setting that an entry is about: a secret may stand in a file."""
    setting = name.removesuffix("_FILE")
    return setting if setting in SECRET_SETTINGS else name


def documented_defaults() -> dict[str, str]:
    rows = markdown.rows(markdown.section(markdown.read("docs/operate.md"), "Settings"))
    named = {next(markdown.first_codes([cells]), ""): cells[1] for cells in rows}
    return {
        name: DEFAULTS.get(text, ",".join(re.findall(r"`([^`]*)`", text)) or text)
        for name, text in named.items()
    }


def test_the_sample_has_each_setting_once_and_no_other() -> None:
    names = [setting_of(match["name"]) for _, match in entries()]
    missing, unknown = settings_of_the_code() - set(names), set(names) - settings_of_the_code()
    assert not missing, (
        f"deploy/environment.sample lacks {', '.join(sorted(missing))}: add a line and a comment."
    )
    assert not unknown, f"deploy/environment.sample names {', '.join(sorted(unknown))}, which no code reads."
    assert len(names) == len(set(names))


def test_each_entry_has_a_line_about_it() -> None:
    without = [match["name"] for above, match in entries() if not re.fullmatch(r"# [A-Z].*\.", above)]
    assert not without, f"Write one line above {', '.join(without)}."


def test_what_is_off_has_the_default() -> None:
    documented = documented_defaults() | OTHER_DEFAULTS
    off = {match["name"]: match["value"].strip('"') for _, match in entries() if match["off"]}
    # The path of a secret's file is an example.
    defaults = {name: value for name, value in off.items() if setting_of(name) == name}
    wrong = {name: (value, documented[name]) for name, value in defaults.items() if value != documented[name]}
    assert not wrong, f"The sample's value and the default differ: {wrong}"


def test_a_value_with_a_space_has_quotes_for_the_shell() -> None:
    values = [match["value"] for _, match in entries()]
    assert [value for value in values if " " in value and value.strip('"') == value] == []


def test_secrets_stand_in_files_and_no_value_needs_quotes() -> None:
    on = sample_environment()
    assert not set(on) & set(SECRET_SETTINGS)
    assert all(re.fullmatch(r"[\w./:,@-]+", value) for value in on.values()), on


def test_the_units_read_the_file_that_the_sample_is_for() -> None:
    common = read_unit("crmmirror-.service.d/common.conf")["Service"]
    assert common["EnvironmentFile"] == "/etc/crmmirror/environment"
    assert "/etc/crmmirror/environment" in (DEPLOY / "systemd" / "crmmirror-manage").read_text()
