"""The change feed's addresses: cursors, pages of changes, and the digest that a copy is compared with."""
