"""Names in the admin: how pages show ids by their names, and the pages on which staff name and order them."""
