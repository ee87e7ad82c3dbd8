"""A list of records as its address asks for it: columns, order and pages.

`entities.admin.listings` says what a list shows unless the address asks for something else.
"""
