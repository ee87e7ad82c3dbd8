"""Parts that every admin page is made of: cells, documents, list filters, paging, read-only pages, addresses.

A model or vendor is never named here. The kit imports Django and `crmmirror.lib` only; its templates
are in `crmmirror/templates/admin_kit/`.
"""
