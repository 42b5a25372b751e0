"""Clients of this machine's own servers. None of them needs the certificates that a client of httpx reads: 40 ms each.

`httpx.Client(verify=NO_TLS)`, and `get`, `post` and `request` like those of httpx.
"""

import functools
import ssl

import httpx

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: with it an https URL would be refused."""

get = functools.partial(httpx.get, verify=NO_TLS)
post = functools.partial(httpx.post, verify=NO_TLS)
request = functools.partial(httpx.request, verify=NO_TLS)
