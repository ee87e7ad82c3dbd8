"""The table of the audit log, and the closed list of acts."""
