"""The SQL statements that a migration must not run beside a mirror that runs, and what to write instead."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A kind of SQL statement.

    pattern: matches the statement. fault: what it does to a mirror that runs. instead: what to write.
    """

    pattern: str
    fault: str
    instead: str

    def matches(self, statement: str) -> bool:
        return re.search(self.pattern, statement) is not None


SCANS = "reads all rows while everything waits"
REWRITES = "writes all rows anew while everything waits"
OLD_CODE = "and the processes that still run the code of before use it"
VALIDATE = "and ValidateConstraint in the next migration"
LITERAL = r"\(?('|-?\d|true|false|NULL|STATEMENT_TIMESTAMP|CURRENT_)"

RULES = (
    Rule(
        r"^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)",
        "builds an index while all writes wait",
        "Write AddIndexConcurrently, in a migration of its own with `atomic = False`; for a field that brings"
        " an index, write db_index=False and the index in Meta.indexes",
    ),
    Rule(
        r"^ALTER TABLE .* (UNIQUE|PRIMARY KEY|EXCLUDE)\b(?! USING INDEX)",
        "builds a unique index while everything waits",
        "Build it by RunSQL('CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS …') in a migration with `atomic ="
        " False`, then RunSQL('ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX …', state_operations=[…])",
    ),
    Rule(
        r"^ALTER TABLE .*\bCHECK\b(?!.* NOT VALID)",
        SCANS,
        f"Write AddConstraintNotValid, {VALIDATE}; instead of a PositiveIntegerField write an IntegerField"
        " and these",
    ),
    Rule(
        r"^ALTER TABLE .* (ADD CONSTRAINT .*FOREIGN KEY|DEFAULT .*REFERENCES)\b(?!.* NOT VALID)",
        "checks all rows while all writes wait",
        f"Write RunSQL('ALTER TABLE … ADD CONSTRAINT … NOT VALID', state_operations=[…]), {VALIDATE}",
    ),
    Rule(
        r"^ALTER TABLE .* ALTER COLUMN \S+ TYPE\b",
        f"{REWRITES}, and the processes that still run the code of before write the former type",
        "Add a new column",
    ),
    Rule(
        r"^ALTER TABLE .* SET NOT NULL",
        SCANS,
        f"Write AddConstraintNotValid of CheckConstraint(condition=Q(column__isnull=False)), {VALIDATE}",
    ),
    Rule(
        r"^ALTER TABLE .* ALTER COLUMN \S+ DROP DEFAULT",
        "makes a column that must be given, and processes that still run the code of before do not give it",
        "Write null=True or db_default=…",
    ),
    Rule(
        rf"^ALTER TABLE .* ADD COLUMN .* DEFAULT (?!{LITERAL})",
        f"{REWRITES}, because each gets a default of its own",
        "Write null=True, and set the value in the code",
    ),
    Rule(
        r"^ALTER TABLE .* (GENERATED ALWAYS AS .* STORED|AS IDENTITY)",
        REWRITES,
        "Write a plain column with null=True",
    ),
    Rule(
        r"^ALTER TABLE .* DROP COLUMN\b",
        f"drops a column, {OLD_CODE}",
        "Drop it one release later than the code has ceased to use it: in the first, SeparateDatabaseAndState"
        " with RemoveField in state_operations, of a column that may be null or has a db_default",
    ),
    Rule(
        r"^ALTER TABLE .* RENAME\b|^ALTER INDEX .* RENAME\b",
        f"renames, {OLD_CODE}",
        "Keep the name in the database: db_column, db_table, the index's name",
    ),
    Rule(
        r"^DROP TABLE\b",
        f"drops a table, {OLD_CODE}",
        "Drop it one release later than the code has ceased to use it: in the first, SeparateDatabaseAndState"
        " with DeleteModel in state_operations",
    ),
)
