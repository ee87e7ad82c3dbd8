"""Exports of the API's lists as files: CSV, NDJSON, Parquet and Excel, made by the database's COPY.

A file is made on the disk and sent once it is whole, as the exports of the admin are. No entity's name stands
here. Imports the rows of the API and `entities.exports`.
"""
