"""Query parameters: what each may hold, the filters that are made of a model's columns, and refusals."""
