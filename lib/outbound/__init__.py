"""Requests to addresses that people or operators name: bounded, and over addresses that were checked."""
