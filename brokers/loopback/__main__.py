"""The former way to start the simulated venues."""

import runpy

runpy.run_module("simulator", run_name="__main__")
