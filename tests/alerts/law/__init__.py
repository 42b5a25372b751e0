"""The law of alerts: what rules fire equals what a judge says who reads the whole tape and shares no code with them.

`make alerts SEEDS=20` tries more seeds than the suite does.
"""
