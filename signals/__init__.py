"""Signals that are scored before they are believed: statements, their record, their evidence. Pure; no Django."""
