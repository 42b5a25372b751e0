"""How many files and sockets this process may have open."""

import resource

WANTED = 65_536


def raise_limit(wanted: int = WANTED) -> int:
    """Let this process and those it starts open `wanted` files, as far as the machine allows. Returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    bounds = [limit for limit in (wanted, hard) if limit != resource.RLIM_INFINITY]
    if soft == resource.RLIM_INFINITY or soft >= min(bounds):
        return wanted if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(bounds), hard))
    return min(bounds)
