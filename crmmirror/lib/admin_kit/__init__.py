"""The parts that every admin page is made of: cells, filters, paging, read-only pages. Knows no model by name."""
