"""Spreadsheets as tables: found in a sheet, kept with their source, and asked with read-only queries.

`recognition` finds tables in the cells of a sheet and `columns` gives them types, both in the process that reads the file;
`storage` keeps them; `asking` answers a query in a process of its own (`child`), whose SQL `validation` has allowed;
`offers` says which tables an agent may ask; `changes` compares two versions; `summary` puts a source's tables into words.
"""
