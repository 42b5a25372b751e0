"""The former place of `config.processes.child`, for a release: an `up` that began before an update starts this one."""

import runpy

runpy.run_module("config.processes.child", run_name="__main__")
