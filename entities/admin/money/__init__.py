"""Pages about money: overdue invoices by client.

Such a page is about particular entities, so their models are named here. Only reads, and only what the viewer
sees; imports what the rest of `entities.admin` imports.
"""
