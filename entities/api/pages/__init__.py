"""Pages of lists: orderings, keyset pagination and its cursors."""
