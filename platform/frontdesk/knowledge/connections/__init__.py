"""Places that plugins list again and again: shops, help centres, feeds. Each thing there is a source of the base.

`actions` connect and disconnect, `queries` read, `sync` is the worker's part; `loaders` call the plugin, `items` is what it
gave, `problems` say what went wrong.
"""
