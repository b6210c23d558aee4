"""Find the work, skip what is known, fan out over workers, collect.

plan.py     a study -> waves of tasks, each with the key of its content
work.py     one task -> one record, here or on a worker
collect.py  records -> the summary of every technique, and the facts
run.py      a whole run: work, summary, report, manifest; and a run read back
"""
