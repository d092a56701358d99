"""The clerk's app: from a table to an answer with a picture, without code.

`app` is what the browser shows (marimo); all that it does is done by `desk` (files and facts),
`forms` (questions and their parameters) and `results` (tables, pictures, downloads).
"""
