"""The guide for analysts, docs/guide-api.md: its files and commands, run as they stand there."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tests.support import markdown
from tests.support.tool_environments import run

PAGE = "docs/guide-api.md"
TITLE = re.compile(r"^## (.+)$", re.MULTILINE)
# A line with the name of a file, and then its content.
FILE = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read_sections() -> dict[str, str]:
    """Return the text of each section, with its code, by its title."""
    _, *parts = TITLE.split(markdown.read(PAGE))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def read_files(section: str) -> dict[str, str]:
    """Return the content of each file that a section shows, by its name."""
    return dict(FILE.findall(read_sections()[section]))


def read_commands(section: str) -> list[str]:
    """Return the commands of a section, block by block."""
    return markdown.code_blocks(read_sections()[section], "sh")


@dataclass(frozen=True)
class GuideReader:
    """A reader of the guide who does what it says, in a directory of his own.

    url, token: those of the mirror. programs: the directories of the programs that he has installed.
    """

    directory: Path
    url: str
    token: str
    programs: tuple[Path, ...] = ()

    def write_files(self, section: str) -> None:
        """Write the files that a section shows."""
        for name, content in read_files(section).items():
            (self.directory / name).write_text(content)

    def follow(self, section: str) -> list[str]:
        """Write the files of a section, and run its commands; return what each block printed."""
        self.write_files(section)
        return [self.run(commands) for commands in read_commands(section)]

    def run(self, commands: str) -> str:
        """Run commands in a shell, which stops at the first one that fails; return what they printed."""
        return run(
            *("bash", "-euo", "pipefail", "-c", commands),
            cwd=self.directory,
            HOME=str(self.directory),
            # Of root, dlt's home is elsewhere, and outlasts the test.
            DLT_DATA_DIR=str(self.directory / ".dlt"),
            PATH=os.pathsep.join([*map(str, self.programs), os.environ["PATH"]]),
            CRM_URL=self.url,
            CRM_TOKEN=self.token,
        )
