"""The addresses of the server, one module per kind of thing; each has a `router`."""
