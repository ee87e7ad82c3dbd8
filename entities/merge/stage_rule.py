"""Stages: the column of a model whose values its records pass through, such as those of a pipeline. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StageRule:
    """The stages of a model.

    column: a column with a history (`entities.history.history_columns`), such as stage.
    groups: columns of ids that the figures of stages are kept apart by, such as the pipeline's.
    """

    column: str
    groups: tuple[str, ...] = ()
