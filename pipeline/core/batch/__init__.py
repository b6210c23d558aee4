"""Find the work, skip what is known, fan out over workers, collect.

plan.py     a study -> waves of tasks, each with the key of its content
work.py     one task -> one record, here or on a worker
run.py      a whole run: work, summary, report, manifest; and a run read back
"""

from pipeline.core.batch.run import collect_results, load_results, rebuild_report, run_study

__all__ = ["collect_results", "load_results", "rebuild_report", "run_study"]
