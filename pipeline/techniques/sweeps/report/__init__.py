"""What is shown of sweeps: tables, sections with their figures, the key row, methods."""

from pipeline.core.technique import Report
from pipeline.techniques.sweeps.report.key import KEY
from pipeline.techniques.sweeps.report.methods import describe_methods
from pipeline.techniques.sweeps.report.rows import sweep_tables
from pipeline.techniques.sweeps.report.section import sweep_sections

REPORT = Report(tables=sweep_tables, sections=sweep_sections, methods=describe_methods, key=KEY)
