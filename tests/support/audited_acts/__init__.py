"""Acts that the audit log has an entry for, each done through its address or command."""
