"""Runs JavaScript without a browser, on the Node that drives the browser; tests need no other."""

import subprocess

from playwright._impl._driver import compute_driver_executable

from config.env import BASE_DIR

NODE = compute_driver_executable()[0]


def node(*arguments: str, stdin: str = "", within: float = 120.0) -> str:
    """Run Node in the project's folder to its end and return what it printed. Raises when it fails."""
    done = subprocess.run(
        [NODE, *arguments], input=stdin, capture_output=True, text=True, timeout=within, cwd=BASE_DIR, check=False
    )
    if done.returncode:
        raise RuntimeError(f"Node ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def run_module(source: str, stdin: str) -> str:
    """Run `source` as a module that stands in the project's folder; returns what it printed."""
    return node("--input-type=module", "--eval", source, stdin=stdin)
